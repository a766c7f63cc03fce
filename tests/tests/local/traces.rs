//! Traces over OTLP, as a collector gets them.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Collector, Receiver, Server, Site, Span, stepcast_with};

/// Returns the spans by their names.
fn by_name(spans: &[Span]) -> BTreeMap<String, Span> {
    let named: BTreeMap<_, _> = spans.iter().map(|span| (span.name.clone(), span.clone())).collect();
    assert_eq!(named.len(), spans.len(), "{spans:?}");
    named
}

fn named(name: &str, get: &str, expect: &Value) -> Value {
    json!({ "name": name, "steps": [{ "name": format!("step of {name}"), "get": get, "expect": [expect] }] })
}

#[tokio::test]
async fn a_run_is_a_trace_and_its_tests_and_steps_are_spans() {
    let (collector, site) = (Collector::start().await, Site::start().await);
    let server = Server::start_traced(&collector, &[("OTEL_SERVICE_NAME", "qa")]).await;
    let mut client = server.client().await;
    let address = format!("{}/page/x", site.base);
    let tests = [
        named("passing", &address, &json!({ "status": 200 })),
        named("failing", &address, &json!({ "css": "h1", "text": "y" })),
        named("unreachable", "http://127.0.0.1:9/", &json!({ "status": 200 })),
        json!({ "name": "skipped", "skip": true, "get": address, "expect": [{ "status": 200 }] }),
    ];
    let traced = json!({ "suite": "Example", "defaults": { "trace": true }, "tests": tests });
    let labels = json!({ "branch": "main" });
    let accepted = client.ask(json!({ "action": "run", "suite": traced, "labels": labels })).await;
    let job = accepted["job"].as_str().expect("a job").to_owned();
    let heard = client.until(is_end_of(&job)).await;
    let trace = job.replace('-', "");

    let spans = by_name(&collector.spans(7).await);
    assert!(spans.values().all(|span| span.trace == trace && span.service == "qa" && span.is_in_order), "{spans:?}");
    let root = &spans["Example"];
    assert_eq!((root.parent.as_str(), root.is_error, root.message.as_str()), ("", true, "1 failed, 1 errored of 4"));
    for (attribute, value) in [
        ("test.suite.name", "Example"),
        ("test.suite.run.status", "failure"),
        ("stepcast.job", job.as_str()),
        ("stepcast.tests", "4"),
        ("stepcast.tests.skipped", "1"),
        ("stepcast.label.branch", "main"),
    ] {
        assert_eq!(root.attribute(attribute), value, "{attribute}");
    }
    for (name, status, error) in
        [("passing", "pass", ""), ("failing", "fail", "failed"), ("unreachable", "errored", "errored")]
    {
        let (test, step) = (&spans[name], &spans[&format!("step of {name}")]);
        assert_eq!((&test.parent, &step.parent), (&root.id, &test.id), "{name}");
        assert_eq!(test.attribute("test.case.result.status"), status, "{name}");
        for span in [test, step] {
            assert_eq!((span.attribute("error.type"), span.is_error), (error, !error.is_empty()), "{span:?}");
        }
    }
    let failing = &spans["step of failing"];
    assert_eq!(failing.message, "css `h1` text equals \"y\", expected \"y\", found \"x\"");
    assert_eq!(failing.events.len(), 1, "{failing:?}");
    assert_eq!(failing.events[0]["stepcast.check.actual"], "\"x\"");

    let end =
        heard.iter().find(|event| event["type"] == "test.finished" && event["name"] == "failing").expect("its end");
    let context = format!("00-{trace}-{}-01", failing.id);
    assert_eq!(
        (&end["failures"][0]["traceparent"], &end["steps"][0]["traceparent"]),
        (&json!(context), &json!(context))
    );

    let again = client.ask(json!({ "action": "replay", "job": job })).await["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&again)).await;
    let again = again.replace('-', "");
    let spans = collector.spans(14).await;
    let root = spans.iter().find(|span| span.trace == again && span.parent.is_empty()).expect("its span");
    assert_eq!(root.links, [trace]);
    server.stop().await;
}

#[tokio::test]
async fn secrets_do_not_reach_a_collector() {
    let (collector, site) = (Collector::start().await, Site::start().await);
    let server = Server::start_traced(&collector, &[]).await;
    let mut client = server.client().await;
    let address = format!("{}/echo?text=<h1>${{secret.word}}</h1>", site.base);
    let tests = [named("echoes", &address, &json!({ "css": "h1", "text": "y" }))];
    let run = json!({ "action": "run", "suite": suite(&tests), "secrets": { "word": "swordfish" } });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&job)).await;
    let spans = by_name(&collector.spans(3).await);
    assert!(spans["step of echoes"].message.contains("***"), "{spans:?}");
    assert!(!collector.has_received("swordfish"));
    server.stop().await;
}

#[tokio::test]
async fn a_collector_that_never_answers_delays_no_result() {
    let (collector, site) = (Collector::silent().await, Site::start().await);
    let limits = [("OTEL_EXPORTER_OTLP_TIMEOUT", "300"), ("OTEL_BSP_MAX_QUEUE_SIZE", "2")];
    let server = Server::start_traced(&collector, &limits).await;
    let mut client = server.client().await;
    let tests: Vec<Value> = (0..5).map(|test| page(&test.to_string(), &format!("{}/page/x", site.base))).collect();
    let job = client.run(suite(&tests)).await;
    client.until(is_end_of(&job)).await;
    assert_eq!(client.job(&job).await["verdict"], "passed");
    let log = server.stop_with_errors().await;
    assert!(log.contains("could not be exported: too many waited"), "{log}");
}

#[tokio::test]
async fn webhooks_name_the_trace_of_a_failure() {
    let (program, chat, site) = (Receiver::start().await, Receiver::start().await, Site::start().await);
    let webhooks =
        json!([{ "url": program.url, "secret": Receiver::KEY }, { "url": chat.url, "format": "slack" }]).to_string();
    let server = Server::start_with(&["--allow-private-targets", "--webhooks", &webhooks]).await;
    let mut client = server.client().await;
    let mut test = named("failing", &format!("{}/page/x", site.base), &json!({ "css": "h1", "text": "y" }));
    test["trace"] = json!(true);
    let job = client.run(suite(&[test])).await;
    let trace = job.replace('-', "");
    assert_eq!(program.next().await.json()["data"]["failures"][0]["trace_id"], trace);
    assert!(chat.next().await.body.contains(&format!("trace: `{trace}`")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_exports_its_own_traces_and_its_exit_code_does_not_depend_on_them() {
    let (collector, site, folder) =
        (Collector::start().await, Site::start().await, tempfile::tempdir().expect("a folder"));
    let file = folder.path().join("suite.json");
    std::fs::write(&file, suite(&[page("Page", &format!("{}/page/x", site.base))]).to_string()).expect("a file");
    let check = |variables: &[(&str, String)]| {
        let file = file.clone();
        let ran = stepcast_with(&["check".as_ref(), file.as_os_str()], variables);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stderr
    };
    let said = tokio::task::block_in_place(|| check(&collector.variables()));
    assert!(!said.contains("traces"), "{said}");
    let spans = by_name(&collector.spans(3).await);
    assert_eq!((spans["Example"].attribute("test.suite.run.status"), spans["Example"].is_error), ("success", false));
    assert_eq!(spans["Page"].parent, spans["Example"].id);
    assert_eq!(spans["Page"].service, "stepcast");

    let said =
        tokio::task::block_in_place(|| check(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9".to_owned())]));
    assert!(
        said.contains("the traces are not complete: 3 spans could not be exported: http://127.0.0.1:9: "),
        "{said}"
    );
    let said = tokio::task::block_in_place(|| check(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1".to_owned())]));
    assert!(said.contains("no traces are exported: `OTEL_EXPORTER_OTLP_ENDPOINT` is not an address like"), "{said}");
}
