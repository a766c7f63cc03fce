//! What CI systems get of a run: annotations where a check stands, and a summary in Markdown.

use super::command_line::{Files, run_with};
use serde_json::json;
use stepcast_tests::events::suite;
use stepcast_tests::{Ran, Site};

const COMMON: &str = "checks:
  basics:
    - status: 200
    - css: title
      text: Another title
";

/// Each check that does not hold has its line in a comment.
const SUITE: &str = "suite: Places
include: common.yaml
vars: { word: y }
tests:
  - name: Page
    get: ${base}/page/x
    expect:
      - status: 200
      - css: h1
        text: ${word}
  - name: Page of the group
    get: ${base}/page/x
    expect: [ { use: basics } ]
  - name: In ${language}
    each: { language: [English, German] }
    setup:
      - name: Page ${language}
        get: ${base}/page/x
    steps:
      - get: ${base}/page/x
      - name: Open
        get: ${base}/page/x
        expect:
          - any:
              - css: h2
                exists: true
              - css: h1
                text: ${language}
    teardown:
      - name: Open
        get: ${base}/page/x
        expect: [ { css: h1, text: x } ]
  - name: Takes
    get: ${base}/page/x
    capture:
      token: { css: 'input[name=token]', attr: value }
    expect:
      - status: 200
  - name: Unreachable
    get: http://127.0.0.1:9/
    expect:
      - status: 200
";

async fn check(files: &Files, arguments: &[&str]) -> Ran {
    let root = files.path("").display().to_string();
    let environment = [("GITHUB_ACTIONS", "true"), ("CI", "true"), ("GITHUB_WORKSPACE", root.as_str())];
    run_with(&[&["check"][..], arguments].concat(), &environment).await
}

/// The places and titles of the errors, and the notices.
fn annotations(ran: &Ran) -> Vec<&str> {
    let lines = ran.stdout.lines().filter(|line| line.starts_with("::"));
    lines.map(|line| line.strip_prefix("::error ").and_then(|rest| rest.split("::").next()).unwrap_or(line)).collect()
}

#[tokio::test]
async fn an_annotation_stands_at_the_check_that_did_not_hold() {
    let (site, files) = (Site::start().await, Files::new());
    files.write("common.yaml", COMMON);
    let file = files.write("suite.yaml", SUITE);
    let summary = files.path("summary.md").display().to_string();
    let base = format!("base={}", site.base);
    let ran = check(&files, &[&file, "--var", &base, "--markdown", &summary]).await;
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(
        annotations(&ran),
        [
            "file=suite.yaml,line=9,title=Page",
            "file=common.yaml,line=4,title=Page of the group",
            "file=suite.yaml,line=24,title=In English",
            "file=suite.yaml,line=24,title=In German",
            "file=suite.yaml,line=36,title=Takes",
            "file=suite.yaml,line=39,title=Unreachable",
        ],
        "{}",
        ran.stdout
    );
    let summary = std::fs::read_to_string(&summary).expect("a summary");
    assert!(summary.contains("- `` css `h1` text equals \"y\" ``, `suite.yaml` line 9\n"), "{summary}");
    assert!(summary.contains("`common.yaml` line 4"), "{summary}");
}

#[tokio::test]
async fn a_step_has_ten_errors_and_says_how_many_it_has_no_room_for() {
    let (site, files) = (Site::start().await, Files::new());
    let tests = |count: usize| {
        let test = |number| json!({ "name": format!("Failing {number}"), "get": format!("{}/page/x", site.base), "expect": [{ "css": "h2", "exists": true }] });
        suite(&(0..count).map(test).collect::<Vec<_>>()).to_string()
    };
    let (first, second) = (files.write("first.json", &tests(8)), files.write("second.json", &tests(5)));
    let ran = check(&files, &[&first, &second]).await;
    let annotations = annotations(&ran);
    assert_eq!(annotations.iter().filter(|line| line.starts_with("file=")).count(), 10, "{annotations:?}");
    let last = "::notice title=Not all failures are shown here::3 more tests did not pass; the log and the summary have all of them";
    assert_eq!(annotations.last(), Some(&last));
}

#[tokio::test]
async fn a_summary_with_many_failures_fits_into_a_comment() {
    let (site, files) = (Site::start().await, Files::new());
    let test = |number| {
        let name = format!("{number}{}", "é`|<".repeat(45));
        json!({ "name": name, "get": format!("{}/page/x", site.base), "expect": [{ "css": "h2", "text": "y".repeat(2_000) }] })
    };
    let file = files.write("many.json", &suite(&(0..400).map(test).collect::<Vec<_>>()).to_string());
    let summary = files.path("summary.md").display().to_string();
    let ran = check(&files, &[&file, "--markdown", &summary]).await;
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let summary = std::fs::read_to_string(&summary).expect("a summary");
    assert!(summary.len() < 50 * 1024, "{} bytes", summary.len());
    let shown = summary.matches("\n#### ").count();
    assert!(shown > 20, "{shown}");
    assert!(summary.contains(&format!("\n{} more tests did not pass.\n", 400 - shown)), "{shown}");
}

#[tokio::test]
async fn all_runs_of_a_command_are_in_one_summary() {
    let (site, files) = (Site::start().await, Files::new());
    let passing = json!({ "name": "Passing", "get": format!("{}/page/x", site.base), "expect": [{ "status": 200 }] });
    let flaky = json!({
        "name": "Passes again", "get": format!("{}/flaky/summary", site.base), "expect": [{ "status": 200 }],
        "retries": { "max": 1, "on": "any" },
    });
    let (first, second) = (
        files.write("first.json", &suite(&[passing]).to_string()),
        files.write("second.json", &suite(&[flaky]).to_string()),
    );
    let summary = files.path("summary.md").display().to_string();
    assert_eq!(check(&files, &[&first, &second, "--markdown", &summary]).await.code, 0);
    let summary = std::fs::read_to_string(&summary).expect("a summary");
    let took = regex::Regex::new(r"in \d+(ms|s)").expect("a pattern");
    insta::assert_snapshot!(took.replace_all(&summary, "in TIME"), @r"
    ### `Example`: passed

    1 passed of 1 test in TIME

    ### `Example`: passed

    1 flaky of 1 test in TIME

    <details><summary>1 flaky or fixed</summary>

    - flaky, passed at attempt 2: `Passes again`

    </details>
    ");
}
