//! The trace context that requests carry.

use super::site::{Site, Watcher, html, suite_with, to};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::{Arc, Mutex};
use stepcast_engine::{TestEnd, TestRun};
use stepcast_protocol::{Outcome, TraceContext, TraceId};

const JOB: &str = "01a204ca-7e73-7669-986a-23dcf2aa3073";

/// What was requested, and the `traceparent` that it carried.
type Request = (String, Option<String>);

/// The requests that a site got.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<Request>>>);

impl Asked {
    fn take(&self) -> Vec<Request> {
        std::mem::take(&mut *self.0.lock().expect("not poisoned"))
    }

    /// Which requests carried a context.
    fn carried(&self) -> Vec<(String, bool)> {
        self.take().into_iter().map(|(path, context)| (path, context.is_some())).collect()
    }
}

/// A site that notes its requests, and redirects `/to?ADDRESS`.
async fn site(asked: &Asked) -> Site {
    async fn answer(State(asked): State<Asked>, uri: Uri, headers: HeaderMap) -> Response {
        let context = headers.get("traceparent").map(|value| value.to_str().expect("text").to_owned());
        asked.0.lock().expect("not poisoned").push((uri.path().to_owned(), context));
        match (uri.path(), uri.query()) {
            ("/to", Some(target)) => to(302, target),
            ("/linking", Some(target)) => {
                html(Box::leak(format!("<a href=/linked>own</a><a href='{target}/linked'>other</a>").into_boxed_str()))
            }
            ("/gone", _) => StatusCode::GONE.into_response(),
            _ => "ok".into_response(),
        }
    }
    Site::serve(Router::new().fallback(answer).with_state(asked.clone())).await
}

async fn run(site: &Site, defaults: &serde_json::Value, test: &str) -> TestEnd {
    let suite = suite_with(defaults, test);
    let plan = site.plan(&suite).await.expect("a plan");
    let run = TestRun { job: JOB, ..site.test_run(&suite, &plan[0]) };
    site.engine.run_test(run, &mut Watcher::default()).await
}

fn context(test: u32, attempt: u32, step: u32) -> TraceContext {
    let trace = TraceId::of_job(JOB).expect("a UUID");
    TraceContext { trace, span: trace.step_span(test, attempt, step) }
}

#[tokio::test]
async fn requests_carry_the_span_of_their_step_where_the_suite_asks_for_it() {
    let asked = Asked::default();
    let site = site(&asked).await;
    let on = json!({ "trace": true });
    for (defaults, test, is_traced) in [
        (&json!({}), "get: '${base}/'", false),
        (&json!({}), "trace: true, get: '${base}/'", true),
        (&on, "get: '${base}/'", true),
        (&on, "trace: false, get: '${base}/'", false),
    ] {
        let end = run(&site, defaults, &format!("- {{ name: t, {test}, expect: [ {{ status: 200 }} ] }}")).await;
        let expected = is_traced.then(|| context(0, 1, 0));
        assert_eq!(end.steps[0].traceparent, expected, "{test}");
        assert_eq!(asked.take(), [("/".to_owned(), expected.map(String::from))], "{test}");
    }
}

#[tokio::test]
async fn each_attempt_and_step_has_its_span_and_failures_name_it() {
    let asked = Asked::default();
    let site = site(&asked).await;
    let test = "- name: t
  retries: { max: 1, on: any }
  steps:
    - { get: '${base}/', expect: [ { status: 200 } ] }
    - { get: '${base}/gone', expect: [ { status: 200 } ] }";
    let end = run(&site, &json!({ "trace": true }), test).await;
    let spans: Vec<Option<String>> = asked.take().into_iter().map(|(_, context)| context).collect();
    let expected = [context(0, 1, 0), context(0, 1, 1), context(0, 2, 0), context(0, 2, 1)];
    assert_eq!(spans, expected.map(|context| Some(context.to_string())));
    assert_eq!(end.earlier[0].failures()[0].traceparent, Some(context(0, 1, 1)));
    assert_eq!(end.steps[1].traceparent, Some(context(0, 2, 1)));
}

/// A redirect, a captured address and a link may lead to anybody.
#[tokio::test]
async fn only_the_origins_that_the_suite_names_get_it() {
    let (asked, foreign) = (Asked::default(), Asked::default());
    let (mut own, other) = (site(&asked).await, site(&foreign).await);
    own.vars.insert("other".to_owned(), other.base.clone());
    let on = json!({ "trace": true });
    let path = |path: &str, carried| (path.to_owned(), carried);

    let end =
        run(&own, &on, &format!("- {{ name: t, get: '${{base}}/to?{}/', expect: [ {{ status: 200 }} ] }}", other.base))
            .await;
    assert_eq!((end.outcome, end.steps[0].traceparent), (Outcome::Passed, Some(context(0, 1, 0))));
    assert_eq!((asked.carried(), foreign.carried()), (vec![path("/to", true)], vec![path("/", false)]), "a redirect");

    let captured = format!(
        "- name: t
  steps:
    - {{ get: '${{base}}/linking?{}', capture: {{ link: {{ css: 'a:last-child', attr: href }} }} }}
    - {{ get: '${{link}}', expect: [ {{ status: 200 }} ] }}
    - {{ get: '${{base}}/${{link}}', expect: [ {{ status: 200 }} ] }}",
        other.base
    );
    let end = run(&own, &on, &captured).await;
    let traced: Vec<bool> = end.steps.iter().map(|step| step.traceparent.is_some()).collect();
    assert_eq!(traced, [true, false, true], "a captured address");
    assert_eq!(foreign.carried(), [path("/linked", false)], "a captured address");
    assert!(asked.carried().iter().all(|(_, carried)| *carried));

    let links =
        format!("- {{ name: t, get: '${{base}}/linking?{}', expect: [ {{ links: {{ scope: all }} }} ] }}", other.base);
    run(&own, &on, &links).await;
    assert_eq!(
        (asked.carried(), foreign.carried()),
        (vec![path("/linking", true), path("/linked", true)], vec![path("/linked", false)]),
        "links"
    );

    let both = "- name: t
  steps:
    - { get: '${base}/', expect: [ { status: 200 } ] }
    - { get: '${other}/', expect: [ { status: 200 } ] }";
    run(&own, &on, both).await;
    assert_eq!(foreign.carried(), [path("/", true)], "the suite names it");
}

/// A sitemap may list addresses of any site, and so may the links of a page.
#[tokio::test]
async fn pages_that_were_found_get_it_only_where_they_were_looked_for() {
    let (asked, foreign) = (Asked::default(), Asked::default());
    let (own, other) = (site(&asked).await, site(&foreign).await);
    let find = format!("links: '${{base}}/linking?{}', scope: any, depth: 1, robots: ignore", other.base);
    let test = format!("- {{ name: t, discover: {{ {find} }}, expect: [ {{ status: 200 }} ] }}");
    let suite = suite_with(&json!({ "trace": true }), &test);
    let plan = own.plan(&suite).await.expect("a plan");
    assert_eq!(plan.len(), 3, "the page, and two that it links to");
    asked.take();
    foreign.take();
    for planned in &plan {
        let run = TestRun { job: JOB, ..own.test_run(&suite, planned) };
        own.engine.run_test(run, &mut Watcher::default()).await;
    }
    assert!(asked.carried().iter().all(|(_, carried)| *carried));
    assert_eq!(foreign.carried(), [("/linked".to_owned(), false)]);
}

#[tokio::test]
async fn a_header_of_the_suite_is_sent_as_it_is() {
    let asked = Asked::default();
    let site = site(&asked).await;
    let test =
        "- { name: t, trace: true, get: '${base}/', headers: { traceparent: mine }, expect: [ { status: 200 } ] }";
    let end = run(&site, &json!({}), test).await;
    assert_eq!(asked.take(), [("/".to_owned(), Some("mine".to_owned()))]);
    assert_eq!(end.steps[0].traceparent, None);
}

#[tokio::test]
async fn a_request_that_gets_no_answer_has_its_span_too() {
    let site = Site::start().await;
    let test = "- { name: t, trace: true, timeout: 200ms, get: '${base}/silent', expect: [ { status: 200 } ] }";
    let end = run(&site, &json!({}), test).await;
    assert_eq!((end.outcome, end.steps[0].traceparent), (Outcome::Errored, Some(context(0, 1, 0))));
}

#[tokio::test]
async fn a_shared_answer_has_the_span_of_the_request_that_got_it() {
    let asked = Asked::default();
    let site = site(&asked).await;
    let test =
        "- { name: t, each: { n: [1, 2] }, share: true, trace: true, get: '${base}/', expect: [ { status: 200 } ] }";
    let suite = suite_with(&json!({}), test);
    for planned in &site.plan(&suite).await.expect("a plan") {
        let run = TestRun { job: JOB, ..site.test_run(&suite, planned) };
        let end = site.engine.run_test(run, &mut Watcher::default()).await;
        assert_eq!(end.steps[0].traceparent, Some(context(0, 1, 0)), "{}", planned.name);
    }
    assert_eq!(asked.carried().len(), 1);
}
