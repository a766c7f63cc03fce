//! What tests sent and received can be seen afterwards.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Client, Deployment, Site};

/// Asks for everything that is kept of an attempt. Returns its exchanges by step, and the contents by their digest.
async fn ask(client: &mut Client, job: &str, query: Value) -> (Vec<Value>, BTreeMap<String, Vec<u8>>) {
    let (mut exchanges, mut contents): (Vec<Value>, BTreeMap<String, Vec<u8>>) = (Vec::new(), BTreeMap::new());
    let mut command = query;
    command["action"] = json!("evidence");
    command["job"] = json!(job);
    loop {
        let answer = client.ask(command.clone()).await;
        assert_eq!((&answer["type"], &answer["job"]), (&json!("evidence"), &json!(job)), "{answer}");
        assert!(answer.to_string().len() < 128 * 1024, "it fits into a message");
        for step in answer["steps"].as_array().into_iter().flatten() {
            exchanges.extend(step["exchanges"].as_array().expect("exchanges").clone());
        }
        for part in answer["contents"].as_array().into_iter().flatten() {
            let content = contents.entry(part["sha256"].as_str().expect("a digest").to_owned()).or_default();
            assert_eq!(part["offset"], content.len(), "the parts follow each other");
            content.extend(STANDARD.decode(part["base64"].as_str().expect("a part")).expect("Base64"));
        }
        match answer.get("cursor") {
            Some(cursor) => command["cursor"] = cursor.clone(),
            None => return (exchanges, contents),
        }
    }
}

async fn refused(client: &mut Client, job: &str, query: Value) -> Value {
    let mut command = query;
    command["action"] = json!("evidence");
    command["job"] = json!(job);
    client.ask(command).await
}

#[tokio::test]
async fn what_did_not_pass_is_kept_without_secrets() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let wrong = json!({
        "name": "Wrong", "get": format!("{}/echo?text=%3Ch1%3E${{secret.token}}%3C/h1%3E", site.base),
        "headers": { "x-token": "${secret.token}" }, "expect": [{ "css": "h1", "text": "Welcome" }],
    });
    let flaky = json!({
        "name": "Flaky", "get": format!("{}/flaky/x", site.base), "retries": { "max": 1, "on": "any" },
        "expect": [{ "status": 200 }],
    });
    let run = json!({
        "action": "run", "suite": suite(&[wrong, page("Right", &format!("{}/page/x", site.base)), flaky]),
        "secrets": { "token": "correct horse" },
    });
    let mut edited = run["suite"].clone();
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&job)).await;

    let (exchanges, contents) = ask(&mut client, &job, json!({ "test": 0 })).await;
    assert_eq!(exchanges.len(), 1, "{exchanges:?}");
    let body = exchanges[0]["answer"]["body"]["sha256"].as_str().expect("a body");
    assert_eq!(contents[body], b"<h1>***</h1>");
    let all = format!("{exchanges:?}");
    assert!(all.contains("***") && !all.contains("horse"), "{all}");
    assert_eq!(refused(&mut client, &job, json!({ "test": 1 })).await["code"], "not_found", "it passed");
    assert_eq!(refused(&mut client, &job, json!({ "test": 2 })).await["code"], "not_found", "its last attempt passed");
    let (exchanges, _) = ask(&mut client, &job, json!({ "test": 2, "attempt": 1 })).await;
    assert_eq!(exchanges[0]["answer"]["status"], 503);
    for (query, code) in [
        (json!({ "test": 3 }), "not_found"),
        (json!({ "test": 0, "step": 1 }), "not_found"),
        (json!({ "test": 0, "attempt": 2 }), "not_found"),
        (json!({ "test": 0, "cursor": "content-x" }), "bad_request"),
    ] {
        assert_eq!(refused(&mut client, &job, query.clone()).await["code"], code, "{query}");
    }

    for (evidence, expected) in [(true, "evidence"), (false, "error")] {
        let shared = client.ask(json!({ "action": "share", "job": job, "evidence": evidence })).await;
        let mut guest = Client::connect(&deployment.ws, shared["token"].as_str().expect("a token")).await;
        let answer = refused(&mut guest, &job, json!({ "test": 0 })).await;
        assert_eq!(answer["type"], expected, "{answer}");
    }

    let shown = deployment.run(&["evidence", &job]).await;
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("Wrong: step 0") && shown.stdout.contains("<h1>***</h1>"), "{}", shown.stdout);
    assert!(shown.stdout.contains("Flaky: step 0") && shown.stdout.contains("attempt 1: failed"), "{}", shown.stdout);
    let folder = tempfile::tempdir().expect("a folder");
    let (har, body) = (folder.path().join("job.har"), folder.path().join("body"));
    let har = har.to_str().expect("a path");
    assert_eq!(deployment.run(&["evidence", &job, "--har", har]).await.code, 0);
    let archive: Value = serde_json::from_slice(&std::fs::read(har).expect("an archive")).expect("JSON");
    assert_eq!(archive["log"]["entries"].as_array().map(Vec::len), Some(2));
    let schema = serde_json::from_str(include_str!("../../fixtures/har/har.schema.json")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let problems: Vec<String> = schema.iter_errors(&archive).map(|problem| problem.to_string()).collect();
    assert_eq!(problems, [""; 0], "it is an HTTP archive");
    edited["tests"] = json!([edited["tests"][0]]);
    edited["tests"][0]["expect"] = json!([{ "css": "h1", "exists": true }]);
    let suite = folder.path().join("edited.json");
    std::fs::write(&suite, edited.to_string()).expect("a file");
    let suite = suite.to_str().expect("a path");
    let judged = deployment.run(&["check", suite, "--from", har, "--secret", "token=correct horse"]).await;
    assert_eq!(judged.code, 0, "an edited suite is judged by what was kept: {}{}", judged.stdout, judged.stderr);
    let body = body.to_str().expect("a path");
    assert_eq!(deployment.run(&["evidence", &job, "--test", "Wrong", "--body", body]).await.code, 0);
    assert_eq!(std::fs::read(body).expect("a body"), b"<h1>***</h1>");
    let nothing = deployment.run(&["evidence", &job, "--test", "Right"]).await;
    assert_eq!(nothing.code, 2, "{}", nothing.stderr);
    deployment.stop().await;
}

#[tokio::test]
async fn a_suite_and_a_run_say_what_is_kept_and_long_bodies_come_in_pages() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let long = json!({
        "name": "Long", "get": format!("{}/long/1300000", site.base), "evidence": "none", "expect": [{ "status": 404 }],
    });
    let suite = suite(&[long, page("Right", &format!("{}/page/x", site.base))]);
    let job = client.run(suite.clone()).await;
    client.until(is_end_of(&job)).await;
    assert_eq!(refused(&mut client, &job, json!({ "test": 0 })).await["code"], "not_found", "the test says `none`");

    let job = client.ask(json!({ "action": "run", "suite": suite, "evidence": "all" })).await;
    let job = job["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&job)).await;
    let (exchanges, contents) = ask(&mut client, &job, json!({ "test": 0 })).await;
    let body = &exchanges[0]["answer"]["body"];
    assert_eq!(
        (&body["bytes"], &body["left_out"]),
        (&json!(1_300_000), &json!("only its first 1048576 bytes are kept"))
    );
    let content = &contents[body["sha256"].as_str().expect("a digest")];
    assert_eq!(content.len(), 1024 * 1024);
    assert!(content.starts_with(b"line 0\nline 1\n"));
    let (exchanges, _) = ask(&mut client, &job, json!({ "test": 1 })).await;
    assert_eq!(exchanges[0]["answer"]["status"], 200, "it passed, and is kept");
    deployment.stop().await;
}
