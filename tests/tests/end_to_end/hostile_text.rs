//! Untrusted text on its way to terminals and the logs of CI systems.

use super::command_line::{Files, run, run_with};
use serde_json::{Value, json};
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Deployment, Ran, Site};

/// Everything that a terminal or a CI system would execute.
const HOSTILE: &str = "\u{1b}[2J\u{7}\u{9b}2J\u{202e}\u{200b}\r\n::stop-commands::x\n \u{a0}::error::y\u{2028}##[group]z ##vso[task.complete]";

/// Fails if a line could be executed, except those that the command itself writes because of `GITHUB_ACTIONS`.
fn assert_harmless(text: &str, ours: &str) {
    for line in text.split('\n') {
        let hidden = stepcast_suite::plain::hidden(&line.replace('\t', ""));
        assert_eq!(hidden, None, "{line:?} in {text:?}");
        assert!(!line.contains("##[") && !line.contains("##vso["), "{line:?} in {text:?}");
        let is_ours = !ours.is_empty() && line.starts_with(ours);
        assert!(is_ours || !line.trim_start().starts_with("::"), "{line:?} in {text:?}");
    }
}

fn assert_all_harmless(ran: &Ran) {
    assert_harmless(&ran.stdout, "");
    assert_harmless(&ran.stderr, "");
}

/// Returns a failing test that quotes all of this text: in its name, its check, the value it found, and a label.
fn failing(site: &Site) -> Value {
    json!({
        "name": "Page ${text}", "each": { "text": [HOSTILE] }, "get": format!("{}/page/x", site.base),
        "expect": [{ "body": { "contains": "${text}" } }],
    })
}

#[tokio::test]
async fn check_prints_hostile_text_harmlessly() {
    let (site, files) = (Site::start().await, Files::new());
    let file = files.write("suite.json", &suite(&[failing(&site)]).to_string());
    let [junit, markdown] = ["junit.xml", "summary.md"].map(|name| files.path(name).display().to_string());
    for actions in [false, true] {
        let environment: &[_] = if actions { &[("GITHUB_ACTIONS", "true"), ("CI", "true")] } else { &[] };
        let ran = run_with(&["check", &file, "--junit", &junit, "--markdown", &markdown], environment).await;
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stdout.contains(r"\u{1b}[2J\u{7}\u{9b}2J\u{202e}\u{200b}"), "{}", ran.stdout);
        assert_harmless(&ran.stdout, if actions { "::error file=" } else { "" });
        assert_harmless(&ran.stderr, "");
        assert_eq!(ran.stdout.lines().filter(|line| line.starts_with("::error file=")).count(), usize::from(actions));
        for report in [&junit, &markdown] {
            let report = std::fs::read_to_string(report).expect("a report");
            assert_harmless(&report, "");
            assert!(report.contains(r"\u{202e}"), "{report}");
        }
    }
    let ran = run(&["check", &file, "--json", "-"]).await;
    assert_all_harmless(&ran);
    let names = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    // The engine itself escapes what `each` puts into a name; `##[group]` is left, and JSON escapes it in another way.
    let is_kept = |event: &Value| event["name"].as_str().is_some_and(|name| name.contains("##[group]z"));
    assert!(names.into_iter().any(|event| is_kept(&event)), "JSON keeps its values: {}", ran.stdout);
}

#[tokio::test]
async fn messages_about_a_suite_are_harmless() {
    let files = Files::new();
    let mut named = suite(&[page(HOSTILE, "https://shop.example/")]);
    named["suite"] = json!(HOSTILE);
    named[HOSTILE] = json!(HOSTILE);
    let file = files.write("suite.json", &named.to_string());
    for arguments in [vec!["lint", &file], vec!["check", &file], vec!["run", HOSTILE, "--url", "ws://127.0.0.1:9"]] {
        let ran = run(&arguments).await;
        assert_ne!(ran.code, 0, "{arguments:?}");
        assert_all_harmless(&ran);
    }
}

#[tokio::test]
async fn text_from_the_server_is_printed_harmlessly() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let command = json!({ "action": "run", "suite": suite(&[failing(&site)]) });
    let job = client.ask(command).await["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&job)).await;
    client.ask(json!({ "action": "comment", "job": job, "text": HOSTILE })).await;
    let printable = "::stop-commands::x ##[error]y";
    let stored = json!({ "action": "suites.put", "name": printable, "suite": suite(&[page(printable, &site.base)]) });
    assert_eq!(client.ask(stored).await["type"], "ok");
    for arguments in [
        &["watch", job.as_str()][..],
        &["replay", job.as_str()],
        &["history", "Example"],
        &["history", "Example", "--json"],
        &["jobs"],
        &["jobs", "--json"],
        &["suites", "list"],
        &["suites", "show", printable],
        &["suites", "show", HOSTILE],
        &["run", printable],
        &["run", "Example", "--label", &format!("branch={HOSTILE}")],
        &["cancel", HOSTILE],
        &["suites", "rm", printable],
    ] {
        let ran = deployment.run(arguments).await;
        assert!(!ran.stdout.is_empty() || !ran.stderr.is_empty(), "{arguments:?}");
        assert_all_harmless(&ran);
    }
    deployment.stop().await;
}
