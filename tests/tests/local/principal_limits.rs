//! The limits of one principal, as the operator sets them.

use serde_json::json;
use std::process::Stdio;
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Client, Server, Site, binary, stepcast_with, within};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio_tungstenite::tungstenite::Error;

#[tokio::test]
async fn the_greeting_has_the_limits() {
    let options = [
        "--max-connections=7",
        "--max-commands-per-second=8",
        "--max-open-jobs=9",
        "--max-suite-bytes=1000",
        "--max-requests-per-job=10",
    ];
    let server = Server::start_with(&options).await;
    let limits = server.client().await.ask(json!({ "action": "hello" })).await["limits"].clone();
    let said = ["connections", "commands_per_s", "open_jobs", "suite_bytes", "requests_per_job"]
        .map(|name| limits[name].clone());
    assert_eq!(said, [7, 8, 9, 1_000, 10]);
    server.stop().await;
}

#[tokio::test]
async fn a_connection_too_many_is_refused_and_the_command_waits_for_room() {
    let server = Server::start_with(&["--max-connections", "1"]).await;
    let only = server.client().await;
    let bearer = format!("Bearer {}", server.token);
    let Err(Error::Http(refused)) = Client::try_connect(&server.ws, &[("authorization", &bearer)]).await else {
        panic!("there is one already");
    };
    assert_eq!(refused.status().as_u16(), 429);

    let mut jobs = Command::new(binary("stepcast"))
        .args(["jobs", "--url", &server.ws, "--token", &server.token])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the command starts");
    let mut said = BufReader::new(jobs.stderr.take().expect("its messages")).lines();
    let waiting = within("a word", said.next_line()).await.expect("a line").expect("a line");
    assert!(
        waiting.ends_with("has reached its limit of connections for this principal; trying again for 2m"),
        "{waiting}"
    );
    drop(only);
    assert!(within("the command", jobs.wait()).await.expect("a status").success());
    server.stop().await;
}

#[tokio::test]
async fn a_job_too_many_is_refused_until_one_is_finished() {
    let server = Server::start_with(&["--allow-private-targets", "--max-open-jobs", "1"]).await;
    let site = Site::start().await;
    let mut client = server.client().await;
    let held = suite(&[page("Held", &format!("{}/held/x", site.base))]);
    let run = json!({ "action": "run", "suite": held, "idempotency_key": "k" });
    let job = client.ask(run.clone()).await["job"].as_str().expect("a job").to_owned();
    site.asked_for("/held/x").await;
    let again = client.ask(run).await;
    assert_eq!((&again["type"], &again["job"]), (&json!("job.state"), &json!(job)), "the accepted job is found");

    let quick = suite(&[page("Quick", &format!("{}/page/x", site.base))]);
    for command in [json!({ "action": "run", "suite": quick }), json!({ "action": "replay", "job": job })] {
        let refused = client.ask(command).await;
        assert_eq!((&refused["code"], &refused["temporary"]), (&json!("rate_limited"), &json!(true)), "{refused}");
        let message = "`admin` has 1 job without a verdict, and may have 1; wait until one is finished or cancel one, and \
                       send this again";
        assert_eq!(refused["message"], message);
    }
    let environment = [("STEPCAST_URL", server.ws.clone()), ("STEPCAST_TOKEN", server.token.clone())];
    let replay = ["replay".to_owned(), job.clone()];
    let ran = tokio::task::spawn_blocking(move || stepcast_with(&replay, &environment)).await.expect("it runs");
    assert_eq!(ran.code, 3, "a build tries again: {}", ran.stderr);
    let mut other = Client::connect(&server.ws, &server.token_of("ana", "runner")).await;
    let others = other.run(quick.clone()).await;
    other.until(is_end_of(&others)).await;

    site.release("x");
    client.until(is_end_of(&job)).await;
    let next = client.run(quick).await;
    client.until(is_end_of(&next)).await;
    server.stop().await;
}

#[tokio::test]
async fn a_too_large_suite_is_rejected_with_the_limit_and_its_size() {
    let server = Server::start_with(&["--max-suite-bytes", "200"]).await;
    let mut client = server.client().await;
    let large = suite(&[page(&"x".repeat(200), "https://shop.example/")]);
    let message = format!(
        "the suite has {} bytes of JSON; this deployment accepts at most 200: split it",
        large.to_string().len()
    );
    for action in ["run", "suites.put"] {
        let refused = client.ask(json!({ "action": action, "suite": large })).await;
        assert_eq!((&refused["code"], &refused["message"]), (&json!("too_large"), &json!(message)));
    }
    let small = suite(&[page("Page", "https://shop.example/")]);
    assert_eq!(client.ask(json!({ "action": "suites.put", "suite": small })).await["type"], "ok");
    server.stop().await;
}

#[tokio::test]
async fn stored_suites_have_a_number_for_each_principal_and_for_all() {
    let server = Server::start_with(&["--max-suites", "2", "--max-all-suites", "3"]).await;
    let mut ana = Client::connect(&server.ws, &server.token_of("ana", "runner")).await;
    let mut bob = Client::connect(&server.ws, &server.token_of("bob", "runner")).await;
    let of = |action: &str, name: &str| json!({ "action": action, "name": name });
    let put = |name: &str| {
        let mut put = of("suites.put", name);
        put["suite"] = suite(&[page("Page", "https://shop.example/")]);
        put
    };
    for name in ["a", "b", "a"] {
        assert_eq!(ana.ask(put(name)).await["type"], "ok", "a replaced one is no other one");
    }
    let refused = ana.ask(put("c")).await;
    let message = "`ana` has 2 stored suites, and may have 2; delete one first";
    assert_eq!((&refused["code"], &refused["message"]), (&json!("conflict"), &json!(message)));
    assert_eq!(bob.ask(put("d")).await["type"], "ok");
    let refused = bob.ask(put("e")).await;
    let message = "all principals of this deployment together have 3 stored suites, and may have 3; delete one first";
    assert_eq!(refused["message"], message);

    // Deleting makes room; the number of reserved names is limited as well.
    assert_eq!(ana.ask(of("suites.delete", "a")).await["type"], "ok");
    assert_eq!(ana.ask(put("c")).await["type"], "ok");
    assert_eq!(ana.ask(of("suites.delete", "b")).await["type"], "ok");
    let refused = ana.ask(put("f")).await;
    assert!(refused["message"].as_str().is_some_and(|said| said.contains("2 names of deleted suites")), "{refused}");
    assert_eq!(ana.ask(put("a")).await["type"], "ok", "a name that is kept is used again");
    server.stop().await;
}
