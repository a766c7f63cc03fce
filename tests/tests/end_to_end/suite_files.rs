//! Suites made of several files, which have the same result on a server as in `stepcast check`.

use super::command_line::{Files, run};
use serde_json::Value;
use std::collections::BTreeMap;
use stepcast_tests::{Deployment, Site};

const COMMON: &str = "
vars: { greeting: from common, base: http://unset.invalid, no_proxy: '' }
defaults: { timeout: 5s, headers: { x-common: '1' }, proxy: '${no_proxy}', ca: { file: ca.pem } }
checks:
  ok_page: [ { status: 200 }, { css: h1 } ]
tests:
  - name: Common page
    tags: [smoke]
    get: ${base}/page/common
    expect: [ { use: ok_page } ]
";

const SHOP: &str = "
suite: Everything
include: parts/common.yaml
vars: { greeting: hello }
defaults:
  user_agent: Stepcast end to end
  host: { concurrency: 4, interval: 1ms }
tests:
  - name: In ${city}
    tags: [smoke, cities]
    each: { csv: cities.csv }
    get: ${base}/page/${lang}
    expect: [ { use: ok_page }, { css: h1, text: '${lang}' } ]
  - name: Row ${id}
    each: { json: rows.json }
    get: ${base}/echo?text=${greeting}-${id}
    expect: [ { body: { equals: 'hello-${id}' } } ]
  - name: Account
    setup:
      - get: ${base}/form
        capture: { csrf: { css: 'input[name=csrf]', attr: value } }
      - post: ${base}/login
        form: { csrf: '${csrf}', password: '${secret.password}' }
    get: ${base}/account
    expect: [ { css: h1, text: 'Hello, ana' } ]
    teardown: [ { get: '${base}/page/goodbye', expect: [ { use: ok_page } ] } ]
  - name: Known to fail
    expect_failure: true
    get: ${base}/status/500
    expect: [ { status: 200 } ]
  - name: Mended
    expect_failure: true
    get: ${base}/page/mended
    expect: [ { status: 200 } ]
  - name: Slow
    slow_over: 10ms
    get: ${base}/slow/x
    expect: [ { status: 200 } ]
  - name: Turned away
    get: ${base}/status/429
    expect: [ { css: h1 } ]
  - name: Off
    skip: true
    get: ${base}/page/off
  - name: Found
    discover: { sitemap: '${base}/sitemap.xml?pages=4', exclude: '/2$', limit: 2 }
    expect: [ { status: 200 } ]
  - name: Linked
    discover: { links: '${base}/echo?text=<a href=/page/linked>', include: 'linked$' }
    expect: [ { status: 200 } ]
  - name: Asked by somebody
    get: ${base}/page/x
    basic: { user: ada, password: '${secret.password}' }
    expect: [ { use: ok_page } ]
  - name: Sent
    post: ${base}/status/200
    multipart: { file: { name: a.txt, content: text, type: text/plain } }
    expect: [ { status: 200 } ]
";

fn write_everything(files: &Files) -> String {
    std::fs::create_dir(files.path("parts")).expect("a folder");
    files.write("parts/common.yaml", COMMON);
    files.write("parts/ca.pem", include_str!("../../fixtures/ca.pem"));
    files.write("cities.csv", "lang,city\nen,\"London, UK\"\nde,Berlin\n");
    files.write("rows.json", r#"[{ "id": 1 }, { "id": 2 }]"#);
    files.write("shop.yaml", SHOP)
}

/// Returns the outcomes of all tests by name, and the verdict.
fn outcomes(lines: &str) -> (BTreeMap<String, String>, Value) {
    let events: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let finished = events.iter().filter(|event| event["type"] == "test.finished");
    let verdict = events.last().map(|event| event["verdict"].clone()).unwrap_or_default();
    (finished.map(|event| (text(&event["name"]), text(&event["outcome"]))).collect(), verdict)
}

#[tokio::test]
async fn a_suite_comes_to_the_same_with_and_without_a_server() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let suite = write_everything(&files);
    let base = format!("base={}", site.base);
    let values = ["--var", base.as_str(), "--secret", "password=hunter2", "--json", "-"];
    let here = run(&[&["check", suite.as_str()], &values[..]].concat()).await;
    let there = deployment.run(&[&["run", suite.as_str()], &values[..]].concat()).await;
    assert_eq!(here.code, 1, "{}", here.stderr);
    assert_eq!(outcomes(&here.stdout), outcomes(&there.stdout), "{}{}", here.stderr, there.stderr);
    assert!(here.stderr.contains("slow      Slow: took 3"), "{}", here.stderr);
    let lines: Vec<String> =
        outcomes(&here.stdout).0.iter().map(|(name, outcome)| format!("{name}: {outcome}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    Account: passed
    Asked by somebody: passed
    Common page: passed
    Found: /page/0: passed
    Found: /page/1: passed
    In Berlin: passed
    In London, UK: passed
    Known to fail: passed
    Linked: /page/linked: passed
    Mended: failed
    Off: skipped
    Row 1: passed
    Row 2: passed
    Sent: passed
    Slow: passed
    Turned away: blocked
    "#);
    let tagged = [&["check", suite.as_str(), "--tags", "smoke,cities", "--tags", "none"], &values[..]].concat();
    assert_eq!(outcomes(&run(&tagged).await.stdout).0.len(), 2);
    deployment.stop().await;
}

#[tokio::test]
async fn problems_name_the_file_they_stand_in() {
    let files = Files::new();
    let shop = files.write(
        "shop.yaml",
        "suite: Shop
include: [part.yaml, gone.yaml]
tests:
  - name: Cities
    each: { csv: cities.csv }
    gett: https://shop.example/
  - name: Rows
    each: { json: rows.json }
    get: https://shop.example/
    expect: [ { use: ok_pag } ]
",
    );
    files.write("part.yaml", "checks:\n  ok_page: [ { status: 200 } ]\ntests:\n  - name: Part\n    get: nowhere\ndefaults: { ca: { file: gone.pem } }\n");
    files.write("cities.csv", "lang,city\nen,London\nde\n");
    files.write("rows.json", "[ { \"id\": 1 },\n  { \"ix\": 2 } ]");
    let ran = run(&["lint", &shop]).await;
    assert_eq!(ran.code, 2);
    let folder = format!("{}/", files.path("").display().to_string().trim_end_matches('/'));
    insta::assert_snapshot!(ran.stderr.replace(&folder, ""), @r#"
    shop.yaml:2:22: error: include: `gone.yaml` cannot be read: No such file or directory (os error 2)
        2 | include: [part.yaml, gone.yaml]
          |                      ^

    hint: a file name is relative to the file that names it

    shop.yaml:5:18: error: each.csv: `cities.csv` line 3: 1 value in this row, but the first line names 2
        5 |     each: { csv: cities.csv }
          |                  ^

    shop.yaml:6:5: error: tests[1].gett: unknown key `gett`
        6 |     gett: https://shop.example/
          |     ^

    hint: did you mean `get`?

    shop.yaml:10:15: error: tests[2].expect[0]: there is no group of checks `ok_pag`
       10 |     expect: [ { use: ok_pag } ]
          |               ^

    hint: did you mean `ok_page`?

    rows.json:2:5: error: tests[2].each.json[1].ix: unknown key `ix`
        2 |   { "ix": 2 } ]
          |     ^

    hint: did you mean `id`?

    part.yaml:5:10: error: tests[0].get: `nowhere` is not an absolute address; write it like `https://example.com/` or `${base}/`
        5 |     get: nowhere
          |          ^

    part.yaml:6:25: error: defaults.ca: `gone.pem` cannot be read: No such file or directory (os error 2)
        6 | defaults: { ca: { file: gone.pem } }
          |                         ^

    hint: a file name is relative to the file that names it
    error: `shop.yaml` has 7 problems
    "#);
}

#[tokio::test]
async fn files_cannot_include_each_other_in_a_circle() {
    let files = Files::new();
    let first = files.write("a.yaml", "suite: A\ninclude: b.yaml\ntests: [ { name: A, get: 'http://h/' } ]\n");
    files.write("b.yaml", "include: [a.yaml]\n");
    let ran = run(&["lint", &first]).await;
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains(
            "b.yaml:1:11: error: include: the files include each other in a circle: a.yaml -> b.yaml -> a.yaml"
        ),
        "{}",
        ran.stderr
    );
}

/// A file that is included twice counts once, and the file named on the command line has priority.
#[tokio::test]
async fn the_nearest_definition_wins() {
    let (site, files) = (Site::start().await, Files::new());
    files.write("base.yaml", "vars: { word: base }\nchecks: { right: [ { body: { equals: base } } ] }\n");
    files.write("one.yaml", "include: base.yaml\nvars: { word: one }\ntests: [ { name: One, get: '${base}/echo?text=${word}', expect: [ { use: right } ] } ]\n");
    let text = "suite: S\ninclude: [base.yaml, one.yaml]\nvars: { word: mine }\nchecks: { right: [ { body: { equals: mine } } ] }\ntests: []\n";
    let ran = run(&["check", &files.write("s.yaml", text), "--var", &format!("base={}", site.base)]).await;
    // An empty list of tests is an error only if no file has tests.
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[tokio::test]
async fn only_regular_files_are_read() {
    let files = Files::new();
    let pipe = files.path("pipe").display().to_string();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let suite = |extra: &str| {
        format!("suite: s\n{extra}\ntests: [{{ name: t, get: 'http://h/', expect: [{{ status: 200 }}] }}]\n")
    };
    for (file, expected) in [
        (files.write("a.yaml", &suite("include: pipe")), "`pipe` is a named pipe; only regular files are read"),
        (files.write("b.yaml", &suite("include: /dev/zero")), "`/dev/zero` is a device; only regular files are read"),
        (files.write("c.yaml", &suite("defaults: { ca: { file: pipe } }")), "`pipe` is a named pipe"),
        (pipe.clone(), "is a named pipe"),
        ("/dev/zero".to_owned(), "is a device"),
    ] {
        let ran = run(&["lint", &file]).await;
        let folder = format!("{}/", files.path("").display().to_string().trim_end_matches('/'));
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.replace(&folder, "").contains(expected), "{}", ran.stderr);
    }
    let imported = run(&["import", &pipe]).await;
    assert_eq!(imported.code, 2, "{}", imported.stderr);
}
