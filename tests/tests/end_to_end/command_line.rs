//! The commands and their exit codes.

use serde_json::{Value, json};
use std::path::PathBuf;
use stepcast_tests::events::{page, suite};
use stepcast_tests::{Deployment, NOTHING, Ran, Site, stepcast_with};
use tempfile::TempDir;

/// Runs the command without a deployment, beside the site.
pub(super) async fn run(arguments: &[&str]) -> Ran {
    run_with(arguments, &NOTHING).await
}

pub(super) async fn run_with(arguments: &[&str], environment: &[(&'static str, &str)]) -> Ran {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let ran = tokio::task::spawn_blocking(move || stepcast_with(&arguments, &environment));
    ran.await.expect("the command runs")
}

pub(super) struct Files {
    folder: TempDir,
}

impl Files {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("a file");
        self.path(name).display().to_string()
    }

    fn suite(&self, name: &str, tests: &[Value]) -> String {
        self.write(name, &suite(tests).to_string())
    }
}

fn failing(site: &Site) -> Value {
    json!({ "name": "Failing", "get": format!("{}/page/x", site.base), "expect": [{ "css": "h1", "text": "y" }] })
}

#[tokio::test]
async fn the_exit_code_of_run_and_check_reports_the_verdict() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let passing = page("Passing", &format!("{}/page/x", site.base));
    let unreachable = page("Unreachable", "http://127.0.0.1:9/");
    let unchecked = json!({ "name": "Unchecked", "get": format!("{}/page/x", site.base) });
    let cases = [
        (files.suite("passing.json", std::slice::from_ref(&passing)), 0),
        (files.suite("failing.json", &[passing.clone(), failing(&site), unreachable.clone()]), 1),
        (files.write("invalid.yaml", "suite: Invalid\ntests:\n  - name: A\n    got: http://x/\n"), 2),
        (files.suite("errored.json", &[passing, unreachable]), 3),
        (files.suite("empty.json", &[unchecked]), 4),
    ];
    for (file, code) in &cases {
        let ran = deployment.run(&["run", file]).await;
        assert_eq!(ran.code, *code, "run {file}: {}{}", ran.stdout, ran.stderr);
        let checked = run(&["check", file]).await;
        assert_eq!(checked.code, *code, "check {file}: {}{}", checked.stdout, checked.stderr);
    }
    deployment.stop().await;
}

#[tokio::test]
async fn run_and_check_stop_at_max_failures() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    // Six seconds of steps, many times as long as the wait.
    let steps = vec![json!({ "get": format!("{}/slow/x", site.base) }); 20];
    let slow = json!({ "name": "Slow", "each": { "number": (0..10).collect::<Vec<_>>() }, "steps": steps });
    let file = files.suite("suite.json", &[failing(&site), slow.clone()]);
    for command in ["run", "check"] {
        let ran = deployment.run(&[command, &file, "--max-failures", "1"]).await;
        assert_eq!(ran.code, 1, "{command}: {}", ran.stderr);
        let why = "Not all tests were run: the job was stopped at the first test that did not pass";
        assert!(ran.stdout.contains(why), "{command}: {}", ran.stdout);
    }
    let file = files.suite("slow.json", &[slow]);
    for command in ["run", "check"] {
        let ran = deployment.run(&[command, &file, "--time-limit", "1s"]).await;
        assert_eq!(ran.code, 3, "{command}: {}", ran.stderr);
        assert!(ran.stdout.contains("the job was stopped at its time limit of 1s"), "{command}: {}", ran.stdout);
    }
    let waiting = files.write("waiting.yaml", &format!(
        "{{ suite: s, defaults: {{ host: {{ interval: 1m }} }}, tests: [ {{ name: t, each: {{ n: [1, 2, 3] }}, get: '{}/page/once' }} ] }}",
        site.base,
    ));
    let ran = run(&["check", &waiting, "--time-limit", "1s"]).await;
    assert_eq!((ran.code, site.hits("/page/once")), (3, 1), "waiting tests no longer wait for a turn: {}", ran.stdout);
    let wrong = run(&["check", &file, "--time-limit", "1500ms"]).await;
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("whole seconds, from `1s` to `24h`"), "{}", wrong.stderr);
    deployment.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_code_3() {
    let files = Files::new();
    let file = files.suite("suite.json", &[page("Page", "http://127.0.0.1:9/")]);
    let ran = run(&["run", &file, "--url", "ws://127.0.0.1:9/ws", "--token", "x"]).await;
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot be reached") && ran.stderr.contains("hint:"), "{}", ran.stderr);
    let nowhere = run(&["run", &file, "--data-dir", &files.path("nothing").display().to_string()]).await;
    assert_eq!(nowhere.code, 2, "{}", nowhere.stderr);
    assert!(nowhere.stderr.contains("stepcast up"), "{}", nowhere.stderr);
}

#[tokio::test]
async fn an_empty_secret_signs_nothing() {
    let files = Files::new();
    let nowhere = files.path("nothing").display().to_string();
    let arguments = ["token", "new", "--role", "admin", "--expires", "1h", "--principal", "x", "--data-dir", &nowhere];
    let made = run_with(&arguments, &[("STEPCAST_SECRET", "")]).await;
    assert_eq!((made.code, made.stdout.as_str()), (2, ""), "{}", made.stderr);
}

#[tokio::test]
async fn a_wrong_token_is_not_a_red_build() {
    let (deployment, files) = (Deployment::start().await, Files::new());
    let file = files.suite("suite.json", &[page("Page", "http://127.0.0.1:9/")]);
    let ran = run_with(&["run", &file], &[("STEPCAST_URL", &deployment.ws), ("STEPCAST_TOKEN", "wrong")]).await;
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("does not accept the token") && !ran.stderr.contains("wrong"), "{}", ran.stderr);
    deployment.stop().await;
}

#[tokio::test]
async fn json_is_every_event_and_ends_with_the_verdict() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let file = files.suite("suite.json", &[failing(&site)]);
    for arguments in [["run", &file, "--json", "-"], ["check", &file, "--json", "-"]] {
        let ran = deployment.run(&arguments).await;
        assert_eq!(ran.code, 1);
        let events: Vec<Value> =
            ran.stdout.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        let types: Vec<_> =
            events.iter().filter_map(|event| event["type"].as_str()).filter(|kind| *kind != "job.progress").collect();
        // Different functions may report a job and its tests, so only the events of each are in order.
        let (job, test): (Vec<&str>, Vec<&str>) = types.iter().copied().partition(|kind| kind.starts_with("job."));
        assert_eq!(job, ["job.accepted", "job.planned", "job.finished"], "{arguments:?}");
        assert_eq!(test, ["test.started", "step.started", "step.finished", "test.finished"], "{arguments:?}");
        assert_eq!((types.first(), types.last()), (Some(&"job.accepted"), Some(&"job.finished")), "{arguments:?}");
        assert_eq!(events.last().expect("the verdict")["verdict"], "failed");
    }
    deployment.stop().await;
}

#[tokio::test]
async fn reports_are_written() {
    let (site, files) = (Site::start().await, Files::new());
    let file = files.suite("suite.json", &[page("Passing <&>", &format!("{}/page/x", site.base)), failing(&site)]);
    let other = files.suite("other.json", &[page("Another file", &format!("{}/page/x", site.base))]);
    let junit = files.path("report.xml").display().to_string();
    let ran =
        run_with(&["check", &file, &other, "--junit", &junit], &[("GITHUB_ACTIONS", "true"), ("CI", "true")]).await;
    assert_eq!(ran.code, 1);
    let report = std::fs::read_to_string(&junit).expect("the report");
    assert!(report.contains(r#"<testsuite name="Example" tests="2" failures="1" errors="0" skipped="0""#), "{report}");
    assert!(report.contains("Another file"), "every file is in the report: {report}");
    assert!(report.contains("Passing &lt;&amp;&gt;") && report.contains("expected  &quot;y&quot;"), "{report}");
    assert!(
        ran.stdout.contains("title=Failing::css `h1` text equals \"y\", expected \"y\", found \"x\""),
        "{}",
        ran.stdout
    );
}

#[tokio::test]
async fn attempts_that_did_not_pass_are_in_the_summary_and_in_the_junit_report() {
    let (site, files) = (Site::start().await, Files::new());
    let mut tests = [page("Passes again", &format!("{}/flaky/cli", site.base)), failing(&site)];
    for test in &mut tests {
        test["retries"] = json!({ "max": 1, "on": "any" });
    }
    let (file, junit) = (files.suite("suite.json", &tests), files.path("report.xml").display().to_string());
    let ran = run(&["check", &file, "--junit", &junit]).await;
    assert_eq!(ran.code, 1);
    let lines: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("attempt 1: failed in ")).collect();
    let [of_failed, of_flaky] = lines[..] else { panic!("{}", ran.stdout) };
    assert!(
        of_failed.starts_with("  attempt") && of_failed.ends_with(": css `h1` text equals \"y\": \"x\""),
        "{of_failed}"
    );
    let flaky = "flaky     Passes again: attempt 1: ";
    assert!(of_flaky.starts_with(flaky) && of_flaky.ends_with(": status equals 200: 503"), "{of_flaky}");

    let report = std::fs::read_to_string(&junit).expect("the report");
    let count = |element: &str| report.matches(element).count();
    assert_eq!((count("<flakyFailure message=\"attempt 1: failed\">"), count("<rerunFailure ")), (1, 1), "{report}");
    let reason = "a check did not hold, and `retries` with `on: any` allowed 1 more attempt";
    assert_eq!((count(reason), count("<failure ")), (2, 1), "{report}");
}

#[tokio::test]
async fn lint_points_at_the_line() {
    let files = Files::new();
    let file = files.write("shop.yaml", "suite: Shop\ntests:\n  - name: Home\n    get: https://example.com/\n    expect:\n      - css: h1\n        txt: Hi\n      - css: 'h1 >'\n");
    let ran = run(&["lint", &file]).await;
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.stderr.replace(&file, "shop.yaml"), @r#"
    shop.yaml:7:9: error: tests[0].expect[0].txt: unknown key `txt`
        7 |         txt: Hi
          |         ^

    hint: did you mean `text`?

    shop.yaml:8:14: error: tests[0].expect[1].css: `h1 >` is not a CSS selector: it ends with a combinator and nothing after it
        8 |       - css: 'h1 >'
          |              ^
    error: `shop.yaml` has 2 problems
    "#);
    let good = files.write(
        "good.yaml",
        "suite: Good\ntests:\n  - name: Home\n    get: ${base}/\n    expect: [ { status: 200 } ]\n",
    );
    let ran = run(&["lint", &good]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("warning") && ran.stderr.contains("`${base}` has no value"), "{}", ran.stderr);
}

#[tokio::test]
async fn jobs_are_listed_watched_replayed_and_cancelled() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let held = files.suite("held.json", &[page("Held", &format!("{}/held/x", site.base))]);
    let detached = deployment.run(&["run", &held, "--detach"]).await;
    assert_eq!(detached.code, 0, "{}", detached.stderr);
    let job = detached.stdout.trim().to_owned();
    site.asked_for("/held/x").await;
    assert!(deployment.run(&["jobs"]).await.stdout.contains(&job));
    assert_eq!(deployment.run(&["cancel", &job]).await.code, 0);
    site.release("x");
    let watched = deployment.run(&["watch", &job]).await;
    assert!(matches!(watched.code, 0 | 130), "a test that was at its last step ends: {}", watched.stdout);
    let replayed = deployment.run(&["replay", &job]).await;
    assert_eq!(replayed.code, 0, "{}{}", replayed.stdout, replayed.stderr);
    let elsewhere = deployment.run(&["replay", &job, "--var", "unused=x", "--secret", "unused=y"]).await;
    assert_eq!(elsewhere.code, 0, "{}{}", elsewhere.stdout, elsewhere.stderr);
    assert_eq!(deployment.run(&["suites", "push", &held]).await.code, 0);
    assert!(deployment.run(&["suites", "list"]).await.stdout.starts_with("Example  1 tests"));
    assert_eq!(deployment.run(&["run", "Example"]).await.code, 0);
    assert_eq!(deployment.run(&["suites", "rm", "Example"]).await.code, 0);
    assert_eq!(deployment.run(&["run", "Example"]).await.code, 2);
    deployment.stop().await;
}

#[tokio::test]
async fn the_verdict_that_never_came_is_code_3() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let held = files.suite("held.json", &[page("Held", &format!("{}/held/x", site.base))]);
    let ran = deployment.run(&["run", &held, "--timeout", "1s"]).await;
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("did not arrive within 1s"), "{}", ran.stderr);
    site.release("x");
    let listed = deployment.run(&["jobs", "--json"]).await;
    let job =
        serde_json::from_str::<Value>(listed.stdout.trim()).expect("a job")["job"].as_str().expect("an id").to_owned();
    assert_eq!(deployment.run(&["watch", &job]).await.code, 0);
    deployment.stop().await;
}

#[tokio::test]
async fn a_large_suite_travels_packed() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let padding = "x".repeat(200);
    let tests: Vec<Value> = (0..450)
        .map(|number| {
            let mut test = page(&format!("Test {number} {padding}"), &format!("{}/page/{number}", site.base));
            test["skip"] = json!(number != 0);
            test
        })
        .collect();
    let file = files.suite("large.json", &tests);
    let ran = deployment.run(&["run", &file]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("1 passed, 449 skipped of 450 tests"), "{}", ran.stdout);
    assert_eq!(deployment.run(&["suites", "push", &file]).await.code, 0);
    assert_eq!(deployment.run(&["run", "Example"]).await.code, 0);
    deployment.stop().await;
}

#[test]
fn a_system_without_certificates_is_named_with_what_to_do() {
    let files = Files::new();
    let file = files.suite("suite.json", &[page("Page", "http://127.0.0.1:9/")]);
    let none = files.path("none");
    let ran = stepcast_with(&["check", &file], &[("SSL_CERT_FILE", &none), ("SSL_CERT_DIR", &none)]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("install its package `ca-certificates`"), "{}", ran.stderr);
}
