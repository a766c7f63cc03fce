//! What a run sends and receives is kept, without secrets, and answers the same run again, without the site.

use super::secure_site::Authority;
use super::site::{HOME, Site, Watcher, echo, html, in_turn, pages, suite, suite_with, to};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get, post};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stepcast_engine::{
    Bodies, Evidence, Keeping, KeptStep, Observer, PlanRun, PlannedTest, Recording, Sent, StepRequests, TestEnd,
    TestRun,
};
use stepcast_protocol::Outcome;
use stepcast_protocol::exchange::{Exchange, FailureKind};
use stepcast_protocol::state::{EarlierAttempt, StepState};
use stepcast_suite::{Subject, Suite};
use tokio_util::sync::CancellationToken;

/// Keeps the requests of steps, with bodies up to a megabyte.
const STEPS: Keeping = Keeping::Steps { bytes: 1024 * 1024 };

/// Keeps the requests of a test.
#[derive(Default)]
struct Keeper {
    watcher: Watcher,
    what: Keeping,
    kept: Vec<Evidence>,
    looked_at: Vec<Subject>,
}

impl Observer for Keeper {
    fn attempt_started(&mut self, attempt: u32, earlier: &[EarlierAttempt]) {
        self.watcher.attempt_started(attempt, earlier);
    }

    fn step_started(&mut self, step: StepState) {
        self.watcher.step_started(step);
    }

    fn step_finished(&mut self, step: StepState) {
        self.watcher.step_finished(step);
    }

    fn stopped(&self) -> CancellationToken {
        self.watcher.stopped()
    }

    fn keeping(&self) -> Keeping {
        self.what
    }

    fn exchanged(&mut self, _: &StepState, requests: StepRequests) {
        self.kept.push(requests.evidence(usize::MAX));
        self.looked_at.extend(requests.looked_at().iter().cloned());
    }
}

/// Runs the first test of a suite and returns what was kept of it.
async fn kept(site: &Site, suite: &Suite, what: Keeping) -> (TestEnd, Vec<Evidence>) {
    let mut keeper = Keeper { what, ..Keeper::default() };
    let end = site.run_suite(suite, &mut keeper).await;
    (end, keeper.kept)
}

#[tokio::test]
async fn failing_checks_of_the_whole_body_tell_what_they_look_for() {
    let site = Site::start().await;
    let test = suite(
        "- name: t
  get: ${base}/
  expect:
    - { body: { contains: 'Sold (out)' } }
    - { body: { matches: 'a+' } }
    - { body: { contains: '${base}' } }
    - { regex: 'b+c', exists: true }
    - { css: h2, text: x }",
    );
    let mut keeper = Keeper { what: STEPS, ..Keeper::default() };
    site.run_suite(&test, &mut keeper).await;
    let sought = keeper.looked_at.iter().filter_map(|subject| match subject {
        Subject::Regex { pattern, .. } => Some(pattern.as_str()),
        _ => None,
    });
    let base = site.base.replace('.', r"\.");
    assert_eq!(sought.collect::<Vec<_>>(), [r"Sold \(out\)", &base, "b+c"], "{:?}", keeper.looked_at);
}

/// Runs all tests of a suite, and returns how they ended with a recording of them.
async fn record(site: &Site, suite: &Suite) -> (Vec<TestEnd>, Recording) {
    record_keeping(Keeping::Everything, site, suite).await
}

async fn record_keeping(what: Keeping, site: &Site, suite: &Suite) -> (Vec<TestEnd>, Recording) {
    let planned = site.engine.plan(PlanRun { keeping: what, ..site.plan_run(suite, &Sent::default()) }).await;
    let (mut ends, mut kept, mut bodies) = (Vec::new(), Vec::new(), Bodies::new());
    let mut keep = |test: Option<&PlannedTest>, evidence: Evidence| {
        let test = test.map(|test| test.name.clone());
        let Evidence { exchanges, links, bodies: of_step } = evidence;
        kept.push(KeptStep { test, exchanges, links });
        bodies.extend(of_step);
    };
    keep(None, planned.requests.evidence(usize::MAX));
    for planned in &planned.tests.expect("a plan") {
        let mut keeper = Keeper { what, ..Keeper::default() };
        ends.push(site.engine.run_test(site.test_run(suite, planned), &mut keeper).await);
        keeper.kept.into_iter().for_each(|evidence| keep(Some(planned), evidence));
    }
    (ends, Recording::own(kept, bodies))
}

/// Runs all tests of a suite with the answers of a recording.
async fn play(site: &Site, suite: &Suite, recording: &Arc<Recording>) -> Vec<TestEnd> {
    let (sent, recording) = (Sent::default(), Some(recording));
    let plan = site.engine.plan(PlanRun { recording, ..site.plan_run(suite, &sent) }).await.tests.expect("a plan");
    let mut ends = Vec::new();
    for planned in &plan {
        let run = TestRun { recording, ..site.test_run(suite, planned) };
        ends.push(site.engine.run_test(run, &mut Watcher::default()).await);
    }
    assert_eq!(sent.count(), 0, "nothing is fetched");
    ends
}

/// How tests ended, without their times and without the advice, which differs.
fn outcomes(site: &Site, ends: &[TestEnd]) -> Vec<String> {
    let lines = |end: &TestEnd| {
        let steps = end.steps.iter().chain(end.earlier.iter().flat_map(|attempt| &attempt.steps));
        let checks: Vec<String> = steps.map(|step| format!("{}\n{}", step.name, site.describe(&step.checks))).collect();
        let checks = checks
            .iter()
            .flat_map(|check| check.lines())
            .filter(|line| !line.starts_with("  hint"))
            .collect::<Vec<_>>()
            .join("\n");
        format!("{} after {}\n{checks}", end.outcome.as_str(), end.attempt)
    };
    ends.iter().map(lines).collect()
}

const EVERYTHING: &str = "
- name: Sign in
  steps:
    - name: Open
      get: ${base}/login
      capture: { csrf: { css: 'input[name=csrf]', attr: value } }
      expect: [ { cookie: session, equals: s1 }, { css: h1, text: Welcome home } ]
    - name: Send
      post: ${base}/echo
      form: { csrf: '${csrf}', password: '${secret.password}' }
      expect: [ { json: $.headers.cookie, equals: session=s1 }, { json: $.body, contains: csrf=t0k3n } ]
- { name: Redirect, get: '${base}/redirect/302', expect: [ { url: { ends_with: /echo } }, { redirects: 1 } ] }
- { name: Upload, post: '${base}/echo', multipart: { a: b }, expect: [ { body: { contains: 'name=' } } ] }
- { name: Wrong, get: '${base}/', expect: [ { css: h1, text: Elsewhere }, { header: x-none, exists: true } ] }
- { name: Unreachable, get: 'http://127.0.0.1:9/', expect: [ { error: connect } ] }
- { name: Too large, get: '${base}/big', expect: [ { status: 200 } ] }
- { name: Wall, get: '${base}/wall', expect: [ { css: h1, exists: true } ] }
- { name: Circle, get: '${base}/circle', expect: [ { status: 200 } ] }
- { name: Links, get: '${base}/', expect: [ { links: { scope: same_host } } ] }
- { name: Flaky, get: '${base}/turns', retries: { max: 2, on: any }, expect: [ { body: second } ] }
- { name: Poll, get: '${base}/polled', until: { within: 20s, every: 100ms }, expect: [ { body: done } ] }
- { name: Pages, discover: { sitemap: '${base}/sitemap.xml' }, expect: [ { status: 200 } ] }
";

/// A sitemap of two pages of the site that is asked.
async fn sitemap(headers: HeaderMap) -> impl IntoResponse {
    let host = headers["host"].to_str().expect("a host");
    let pages = ["text", "json"].map(|page| format!("<url><loc>http://{host}/{page}</loc></url>"));
    ([("content-type", "application/xml")], format!("<urlset>{}</urlset>", pages.concat()))
}

#[tokio::test]
async fn a_recording_ends_as_the_run_did_and_asks_nobody() {
    let turns = in_turn(vec![(200, "first"), (200, "second")]);
    let polled = in_turn(vec![(200, "queued"), (200, "running"), (200, "done")]);
    let router = pages().route("/sitemap.xml", get(sitemap)).nest("/turns", turns).nest("/polled", polled);
    let site = Site::serve(router).await.with_secret("password", "correct horse");
    let suite = suite(EVERYTHING);
    let (ends, recording) = record(&site, &suite).await;
    let again = play(&site, &suite, &Arc::new(recording)).await;
    assert_eq!(outcomes(&site, &again), outcomes(&site, &ends));
    let outcomes: Vec<Outcome> = ends.iter().map(|end| end.outcome).collect();
    let expected = [
        Outcome::Passed,
        Outcome::Passed,
        Outcome::Passed,
        Outcome::Failed,
        Outcome::Passed,
        Outcome::Errored,
        Outcome::Blocked,
        Outcome::Errored,
        Outcome::Failed,
        Outcome::Flaky,
        Outcome::Passed,
        Outcome::Passed,
        Outcome::Passed,
    ];
    assert_eq!(outcomes, expected);
}

/// A page with these links.
fn linking(links: &[String]) -> Router {
    let links: Vec<String> = links.iter().map(|link| format!("<a href='{link}'>link</a>")).collect();
    let page = |text: &'static str| get(move || async move { html(text) });
    Router::new()
        .route("/", page(Box::leak(links.concat().into_boxed_str())))
        .route("/ok", page("<h1 id=here>Here</h1>"))
        .route("/gone", get(|| async { StatusCode::GONE }))
        .route("/moved", get(|| async { Redirect::permanent("/ok") }))
}

#[tokio::test]
async fn links_whose_requests_are_not_kept_are_judged_by_what_they_answered() {
    let dead = (0..30).map(|number| format!("/dead/{number}"));
    let links: Vec<String> =
        ["/ok#here", "/ok#there", "/moved", "/gone"].map(str::to_owned).into_iter().chain(dead).collect();
    let site = Site::serve(linking(&links)).await;
    let suites = ["{ scope: same_host }", "{ scope: same_host, accept: [200-599], fragments: false }"]
        .map(|links| suite(&format!("- {{ name: t, get: '${{base}}/', expect: [ {{ links: {links} }} ] }}")));
    let (ends, recording) = record_keeping(STEPS, &site, &suites[0]).await;
    let recording = Arc::new(recording);
    let again = play(&site, &suites[0], &recording).await;
    assert_eq!(outcomes(&site, &again), outcomes(&site, &ends), "all are judged as they were");
    assert_eq!(ends[0].outcome, Outcome::Failed);
    assert_eq!(play(&site, &suites[1], &recording).await[0].outcome, Outcome::Passed, "by edited checks too");
}

#[tokio::test]
async fn a_link_of_which_nothing_is_known_is_errored() {
    let site = Site::serve(linking(&["/ok#here".to_owned(), "/moved".to_owned()])).await;
    let links =
        |links: &str| suite(&format!("- {{ name: t, get: '${{base}}/', expect: [ {{ links: {{ {links} }} }} ] }}"));
    let (_, recording) =
        record_keeping(STEPS, &site, &links("scope: same_host, fragments: false, ignore: [moved]")).await;
    let recording = Arc::new(recording);
    for (edited, actual) in [
        ("scope: same_host, ignore: [moved]", "`http://site/ok` was not searched for `#here` when its answer was kept"),
        ("scope: same_host, fragments: false", "`http://site/moved`: no answer to `GET http://site/moved` was kept"),
    ] {
        let end = play(&site, &links(edited), &recording).await.remove(0);
        assert_eq!(end.outcome, Outcome::Errored, "{edited}");
        assert!(site.describe(&end.steps[0].checks).contains(actual), "{}", site.describe(&end.steps[0].checks));
    }
}

#[tokio::test]
async fn a_link_that_was_dead_at_first_is_so_again() {
    let turns = in_turn(vec![(404, "HEAD"), (404, "GET"), (200, "HEAD")]);
    let site = Site::serve(linking(&["/turns".to_owned()]).nest("/turns", turns)).await;
    let test = suite(
        "- { name: t, get: '${base}/', retries: { max: 2, on: any }, expect: [ { links: { scope: same_host } } ] }",
    );
    let (ends, recording) = record_keeping(STEPS, &site, &test).await;
    assert_eq!(ends[0].outcome, Outcome::Flaky);
    let again = play(&site, &test, &Arc::new(recording)).await;
    assert_eq!(outcomes(&site, &again), outcomes(&site, &ends));
}

#[tokio::test]
async fn secrets_in_links_are_hidden_in_what_they_answered() {
    let links = ["/ok?key=correct-horse#here".to_owned()];
    let site = Site::serve(linking(&links)).await.with_secret("key", "correct-horse");
    let test = suite(
        "- { name: t, get: '${base}/', headers: { x: '${secret.key}' }, expect: [ { links: { scope: same_host } } ] }",
    );
    let (_, recording) = record_keeping(STEPS, &site, &test).await;
    assert!(!format!("{recording:?}").contains("correct-horse"), "{recording:?}");
    assert_eq!(play(&site, &test, &Arc::new(recording)).await[0].outcome, Outcome::Passed);
}

#[tokio::test]
async fn what_links_answer_leaves_bounded_evidence() {
    // A short page makes long addresses of many links.
    let base = format!("<base href='/{}/'>", "long".repeat(1_000));
    let links: Vec<String> = (0..1_000).map(|number| format!("<a href='{number}'>link</a>")).collect();
    let page: &'static str = Box::leak((base + &links.concat()).into_boxed_str());
    let site = Site::serve(Router::new().route("/", get(move || async move { html(page) }))).await;
    let test = suite(
        "- { name: t, get: '${base}/', expect: [ { links: { scope: same_host, limit: 1000, accept: [404] } } ] }",
    );
    let (end, kept) = kept(&site, &test, STEPS).await;
    assert_eq!(end.outcome, Outcome::Passed);
    let bytes: usize = kept[0].links.iter().map(|link| link.url.len()).sum();
    assert!((250 * 1024..=256 * 1024).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn an_edited_suite_is_judged_by_the_same_answers() {
    let site = Site::start().await;
    let (ends, recording) =
        record(&site, &suite("- { name: t, get: '${base}/', expect: [ { css: h1, text: Bye } ] }")).await;
    assert_eq!(ends[0].outcome, Outcome::Failed);
    let edited = suite("- { name: renamed, get: '${base}/', expect: [ { css: h1, text: Welcome home } ] }");
    assert_eq!(play(&site, &edited, &Arc::new(recording)).await[0].outcome, Outcome::Passed);
}

#[tokio::test]
async fn a_request_that_differs_from_the_recorded_one_is_errored_and_says_how() {
    let site = Site::start().await;
    let get = |path: &str, headers: &str| {
        suite(&format!(
            "- {{ name: t, get: '${{base}}{path}', headers: {{ {headers} }}, expect: [ {{ status: 200 }} ] }}"
        ))
    };
    let send =
        |body: &str| suite(&format!("- {{ name: t, post: '${{base}}/echo', {body}, expect: [ {{ status: 200 }} ] }}"));
    for (recorded, edited, expected) in [
        (get("/", ""), get("/text", ""), "no answer to `GET http://site/text` was kept"),
        (
            get("/", "accept-language: en"),
            get("/", "accept-language: de"),
            "no answer to `GET http://site/` was kept: with another header `accept-language`: `en` then, `de` now",
        ),
        (
            get("/", ""),
            get("/", "x-new: '1'"),
            "no answer to `GET http://site/` was kept: with another header `x-new`: none then, `1` now",
        ),
        (
            send("text: one"),
            send("text: two"),
            "no answer to `POST http://site/echo` was kept: with another body: \"one\" then, \"two\" now",
        ),
        (
            send("text: one"),
            send("headers: { content-type: text/plain; charset=utf-8 }"),
            "no answer to `POST http://site/echo` was kept: with another body: \"one\" then, none now",
        ),
    ] {
        let (_, recording) = record(&site, &recorded).await;
        let end = &play(&site, &edited, &Arc::new(recording)).await[0];
        assert_eq!((end.outcome, end.attempt), (Outcome::Errored, 1), "{expected}");
        let said = site.describe(&end.steps[0].checks);
        assert!(said.contains(&format!("actual: {expected}\n")), "{said}");
        assert!(said.contains("hint: a request has to be the same as the one whose answer was kept"), "{said}");
    }
}

#[tokio::test]
async fn a_shorter_timeout_counts_for_recorded_answers_too() {
    let slow = || async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        "late"
    };
    let site = Site::serve(Router::new().route("/", get(slow))).await;
    let with = |timeout| {
        suite_with(&json!({ "timeout": timeout }), "- { name: t, get: '${base}/', expect: [ { status: 200 } ] }")
    };
    let (ends, recording) = record(&site, &with("10s")).await;
    assert_eq!(ends[0].outcome, Outcome::Passed);
    let end = &play(&site, &with("50ms"), &Arc::new(recording)).await[0];
    assert!(site.describe(&end.steps[0].checks).contains("no answer arrived within 50ms"));
}

const SECRET: &str = "s3cret/pass word";

/// Says back what it was asked, in every place and in several ways.
async fn everywhere(headers: HeaderMap, body: String) -> impl IntoResponse {
    let token = headers.get("x-token").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let encoded = percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC);
    let cookie = format!("session={encoded}; Path=/");
    ([("x-echo", token.clone()), ("set-cookie", cookie)], format!("<p>{token}</p><a href='/?q={encoded}'>{body}</a>"))
}

#[tokio::test]
async fn no_secret_is_kept_in_any_place() {
    let packed = || async {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut gzip, SECRET.as_bytes()).expect("memory");
        ([("content-type", "text/html")], gzip.finish().expect("memory"))
    };
    let latin =
        || async { ([("content-type", "text/html; charset=iso-8859-1")], [b"caf\xe9 ", SECRET.as_bytes()].concat()) };
    let router = Router::new()
        .route("/everywhere", post(everywhere))
        .route("/packed", get(packed))
        .route("/latin", get(latin))
        .route("/away", get(|| async { to(302, "/none?token=s3cret%2Fpass%20word") }));
    let site = Site::serve(router).await.with_secret("token", SECRET);
    let suite = suite(
        "- name: t
  steps:
    - post: ${base}/everywhere?t=${secret.token}
      headers: { x-token: '${secret.token}' }
      form: { t: '${secret.token}' }
      expect: [ { status: 200 } ]
    - { get: '${base}/packed', basic: { user: ana, password: '${secret.token}' }, expect: [ { status: 200 } ] }
    - { get: '${base}/latin', expect: [ { status: 200 } ] }
    - { get: '${base}/away', expect: [ { status: 404 } ] }
    - { get: 'http://127.0.0.1:9/${secret.token}', expect: [ { status: 200 } ] }",
    );
    let (end, kept) = kept(&site, &suite, STEPS).await;
    assert_eq!(kept.len(), 5, "{end:?}");
    let exchanges: Vec<&Exchange> = kept.iter().flat_map(|evidence| &evidence.exchanges).collect();
    assert_eq!(exchanges.len(), 6, "a redirect is two requests");
    let mut all = serde_json::to_string(&exchanges).expect("JSON");
    for body in kept.iter().flat_map(|evidence| evidence.bodies.values()) {
        all.push_str(std::str::from_utf8(body).expect("only text is kept"));
    }
    let encodings = ["s3cret", "pass word", "czNjcmV0", "pass+word", "pass%20word", "YW5hOnMzY3JldC9wYXNzIHdvcmQ"];
    for secret in encodings {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    let unpacked = &exchanges[1].answer.as_ref().expect("an answer").body.as_ref().expect("a body");
    assert_eq!(unpacked.sha256, None);
    assert!(unpacked.left_out.as_ref().is_some_and(|reason| reason.contains("not text")), "{unpacked:?}");
    let latin = kept[2].bodies.values().next().expect("a body");
    assert_eq!(std::str::from_utf8(latin), Ok("\u{feff}café ***"), "marked as the UTF-8 it is now");
    assert!(all.contains("?t=***"), "{all}");
}

#[tokio::test]
async fn bodies_that_are_not_text_are_kept_if_the_run_has_no_secrets() {
    let bytes = || async { ([("content-type", "image/png")], [0x89, 0x50, 0x00, 0xff].to_vec()) };
    let site = Site::serve(Router::new().route("/", get(bytes))).await;
    let (_, kept) = kept(&site, &suite("- { name: t, get: '${base}/', expect: [ { status: 200 } ] }"), STEPS).await;
    assert_eq!(kept[0].bodies.values().next().map(|body| body.to_vec()), Some(vec![0x89, 0x50, 0x00, 0xff]));
}

#[tokio::test]
async fn a_long_body_is_cut_and_says_so() {
    #[derive(Default)]
    struct Cutter(Mutex<Vec<Evidence>>);
    impl Observer for Cutter {
        fn attempt_started(&mut self, _: u32, _: &[EarlierAttempt]) {}
        fn step_started(&mut self, _: StepState) {}
        fn step_finished(&mut self, _: StepState) {}
        fn stopped(&self) -> CancellationToken {
            CancellationToken::new()
        }
        fn keeping(&self) -> Keeping {
            STEPS
        }
        fn exchanged(&mut self, _: &StepState, requests: StepRequests) {
            self.0.lock().expect("nobody panicked").push(requests.evidence(10));
        }
    }
    for secret in ["", "ten to twenty"] {
        let site = Site::serve(Router::new().route("/", get(|| async { "123456789 ten to twenty and more" }))).await;
        let site = if secret.is_empty() { site } else { site.with_secret("s", secret) };
        let mut cutter = Cutter::default();
        site.run_suite(&suite("- { name: t, get: '${base}/', expect: [ { status: 200 } ] }"), &mut cutter).await;
        let Evidence { exchanges, bodies, .. } = cutter.0.lock().expect("nobody panicked").remove(0);
        let body = exchanges[0].answer.as_ref().and_then(|answer| answer.body.clone()).expect("a body");
        assert_eq!((body.bytes, body.left_out.as_deref()), (32, Some("only its first 10 bytes are kept")));
        assert_eq!(bodies[&body.sha256.expect("a part")].as_ref(), b"123456789 ");
    }
}

#[tokio::test]
async fn each_request_says_where_it_went_and_how_long_it_took() {
    let authority = Authority::new("Recorded");
    let site =
        authority.serve(Router::new().route("/", get(|| async { to(302, "/page") })).route("/page", any(echo))).await;
    let defaults = json!({ "ca": authority.pem() });
    let test = "- { name: t, get: '${base}/', expect: [ { status: 200 } ] }";
    let (_, kept) = kept(&site, &suite_with(&defaults, test), STEPS).await;
    let [redirect, page] = kept[0].exchanges.as_slice() else { panic!("two requests: {kept:?}") };
    assert!(redirect.times.connect_us.is_some_and(|time| time > 0), "{:?}", redirect.times);
    assert!(redirect.times.tls_us.is_some_and(|time| time > 0), "{:?}", redirect.times);
    assert_eq!((page.times.connect_us, page.times.tls_us), (None, None), "the connection is used again");
    assert_eq!(redirect.remote.as_deref().map(|remote| format!("https://{remote}")), Some(site.base.clone()));
    let names =
        |exchange: &Exchange| exchange.request.headers.iter().map(|field| field.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(page), ["user-agent", "accept", "accept-encoding"]);
    let certificate = page.answer.as_ref().and_then(|answer| answer.certificate.as_ref()).expect("a certificate");
    assert!(kept[0].bodies.contains_key(certificate));
    assert_eq!(redirect.answer.as_ref().map(|answer| (answer.status, answer.body.is_some())), Some((302, false)));
}

#[tokio::test]
async fn a_request_that_failed_says_how() {
    let site = Site::start().await;
    let tests = [
        ("http://127.0.0.1:9/", FailureKind::Connect),
        ("${base}/big", FailureKind::TooLarge),
        ("${base}/endless", FailureKind::Body),
        ("${base}/silent", FailureKind::Timeout),
    ];
    for (address, kind) in tests {
        let test = format!("- {{ name: t, get: '{address}', timeout: 200ms, expect: [ {{ status: 200 }} ] }}");
        let (_, kept) = kept(&site, &suite(&test), STEPS).await;
        let exchange = &kept[0].exchanges[0];
        assert_eq!(exchange.failure.as_ref().map(|failure| failure.kind), Some(kind), "{address}");
    }
}

#[tokio::test]
async fn a_shared_answer_is_evidence_of_every_test_that_looked_at_it() {
    let site = Site::serve(in_turn(vec![(200, HOME), (500, "asked twice")])).await;
    let test = suite("- { name: t, share: true, get: '${base}/', expect: [ { status: 200 } ] }");
    let first = kept(&site, &test, STEPS).await;
    let second = kept(&site, &test, STEPS).await;
    assert_eq!(first.0.outcome, second.0.outcome);
    assert_eq!(first.1, second.1);
}

#[tokio::test]
async fn requests_for_links_are_kept_if_they_are_dead_or_everything_is() {
    let site = Site::serve(
        Router::new()
            .route("/", get(|| async { html("<a href=/a>a</a><a href=/dead>dead</a>") }))
            .route("/a", get(|| async { StatusCode::OK })),
    )
    .await;
    let test = suite("- { name: t, get: '${base}/', expect: [ { links: { scope: same_host } } ] }");
    let dead = ["HEAD /dead", "GET /dead"];
    for (what, links) in
        [(Keeping::Nothing, &[][..]), (STEPS, &dead), (Keeping::Everything, &["HEAD /a", "HEAD /dead", "GET /dead"])]
    {
        let (_, kept) = kept(&site, &test, what).await;
        let exchanges: Vec<&Exchange> = kept.iter().flat_map(|evidence| &evidence.exchanges).collect();
        let own = usize::from(what != Keeping::Nothing);
        assert_eq!(exchanges.iter().filter(|exchange| !exchange.is_link).count(), own, "{what:?}");
        let mut asked: Vec<String> = exchanges[own..].iter().map(|exchange| asked_path(exchange)).collect();
        asked.sort_by_key(|asked| !asked.ends_with("/a"));
        assert_eq!(asked, links, "{what:?}");
        assert!(exchanges[own..].iter().all(|exchange| exchange.is_link), "{what:?}");
    }
}

fn asked_path(exchange: &Exchange) -> String {
    let url = &exchange.request.url;
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    format!("{} /{path}", exchange.request.method)
}

/// A page of nothing but dead links, or of links that never answer, leaves bounded evidence.
#[tokio::test]
async fn many_dead_links_leave_some_evidence() {
    let links: Vec<String> = (0..100).map(|number| format!("<a href=/dead/{number}>dead</a>")).collect();
    let page: &'static str = Box::leak(links.concat().into_boxed_str());
    let site = Site::serve(Router::new().route("/", get(move || async move { html(page) }))).await;
    let test = suite("- { name: t, get: '${base}/', expect: [ { links: { scope: same_host } } ] }");
    let (_, kept) = kept(&site, &test, STEPS).await;
    let held = kept[0].exchanges.iter().filter(|exchange| exchange.is_link).count();
    assert!((20..=21).contains(&held), "{held}");
    assert!(!kept[0].exchanges[0].is_link, "the page comes first");
}
