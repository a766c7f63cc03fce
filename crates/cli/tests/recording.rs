//! `stepcast check --record`, `--from` and `--watch`: a page is saved once, and checks are written against it offline.

#[path = "verdicts/site.rs"]
mod site;

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SUITE: &str = "suite: Shop
vars: { base: http://unset.invalid }
defaults: { timeout: 2s }
tests:
  - name: Sign in
    steps:
      - name: Open
        get: ${base}/login
        capture: { csrf: { css: 'input[name=csrf]', attr: value } }
        expect: [ { status: 200 } ]
      - name: Send
        post: ${base}/login
        form: { csrf: '${csrf}', user: ana, password: '${secret.password}' }
        expect: [ { status: 200 } ]
  - { name: Not there, get: 'http://127.0.0.1:9/', expect: [ { error: connect } ] }
";

/// A folder of a test's own, empty but for a suite.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("recording").join(name);
    // What an earlier run left there.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("suite.yaml"), SUITE).expect("a file");
    folder
}

fn stepcast(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepcast"));
    let output = command.current_dir(folder).args(arguments).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("UTF-8"))
}

fn check(folder: &Path, base: &str, more: &[&str]) -> (Option<i32>, String) {
    let base = format!("base={base}");
    let own = ["check", "suite.yaml", "--secret", "password=a&b c", "--var", &base];
    stepcast(folder, &[&own, more].concat())
}

#[test]
fn what_was_recorded_is_judged_again_without_the_site() {
    let (folder, base) = (folder("again"), site::serve());
    let (code, first) = check(&folder, &base, &["--record", "page.har"]);
    let text = fs::read_to_string(folder.join("page.har")).expect("a recording");
    assert!(!text.contains("a%26b") && !text.contains("a&b"), "the secret is masked: {text}");
    let archive: Value = serde_json::from_str(&text).expect("JSON");
    let entries = archive["log"]["entries"].as_array().expect("entries");
    let asked: Vec<String> = entries
        .iter()
        .map(|entry| {
            let (request, response) = (&entry["request"], &entry["response"]);
            format!("{} {} {}", request["method"], request["url"], response["status"])
                .replace(&base, "")
                .replace('"', "")
        })
        .collect();
    let comments: Vec<&Value> = entries.iter().map(|entry| &entry["comment"]).collect();
    assert!(comments.contains(&&Value::from("Send")), "each entry names its step: {comments:?}");
    assert!(asked.contains(&"GET http://127.0.0.1:9/ 0".to_owned()), "{asked:?}");
    // Another secret has the same mask, and the address of a site that is not there has the same answers.
    let (again, said) = check(&folder, &base, &["--from", "page.har", "--secret", "password=another one"]);
    assert_eq!((code, outcome(&first)), (again, outcome(&said)), "{first}\n{said}");
}

/// The line that counts the outcomes, without the time.
fn outcome(said: &str) -> Option<&str> {
    said.lines().find_map(|line| line.split_once(" tests in ").map(|(counts, _)| counts))
}

#[test]
fn what_a_browser_saved_is_judged() {
    let folder = folder("browser");
    let saved = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/har/chromium.har");
    let suite = "suite: Saved
tests:
  - name: Stock
    get: http://127.0.0.1:8080/shop/stock.json
    expect: [ { json: '$.items', count: 3 } ]
  - name: Sign in
    steps:
      - get: http://127.0.0.1:8080/login.html
        capture: { csrf: { css: 'input[name=csrf]', attr: value } }
        expect: [ { css: h1, text: Sign in } ]
      - post: http://127.0.0.1:8080/login
        form: { user: ana, password: '${secret.password}', csrf: '${csrf}' }
        expect: [ { css: h1, text: 'Hello, ana' }, { url: { ends_with: /account } }, { cookie: user, equals: ana } ]
  - name: Not saved
    get: http://127.0.0.1:8080/other
    expect: [ { status: 200 } ]
";
    fs::write(folder.join("saved.yaml"), suite).expect("a file");
    let from = saved.display().to_string();
    let (code, said) =
        stepcast(&folder, &["check", "saved.yaml", "--from", &from, "--secret", "password=correct horse"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("2 passed, 1 errored"), "{said}");
    assert!(said.contains("no answer to `GET http://127.0.0.1:8080/other` was kept"), "{said}");
    assert!(!said.contains("horse"), "{said}");
}

#[test]
fn what_is_no_archive_is_refused() {
    let folder = folder("refused");
    let entry = |response: &str| {
        format!(r#"{{"log":{{"entries":[{{"request":{{"method":"GET","url":"http://h/"}},"response":{response}}}]}}}}"#)
    };
    for (text, expected) in [
        ("<html>".to_owned(), "`page.har` is not an HTTP archive: expected value at line 1 column 1"),
        ("{}".to_owned(), "is not an HTTP archive: missing field `log`"),
        (r#"{"log":{"entries":[]}}"#.to_owned(), "`page.har` has no request in it"),
        (
            r#"{"log":{"entries":[{"request":{"method":"GET","url":"ws://h/"},"response":{"status":101}}]}}"#
                .to_owned(),
            "no request in it",
        ),
        (entry(r#"{"status":70000}"#), "entry 1: 70000 is not a status"),
        (entry(r#"{"status":200,"content":{"text":"%","encoding":"base64"}}"#), "entry 1: a body is not Base64"),
    ] {
        fs::write(folder.join("page.har"), text).expect("a file");
        let (code, said) = check(&folder, "http://h", &["--from", "page.har"]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    let (code, said) = check(&folder, "http://h", &["--from", "none.har"]);
    assert!(code == Some(2) && said.contains("`none.har` cannot be read"), "{said}");
    let (code, said) = check(&folder, "http://h", &["--record", "no/such/folder.har"]);
    assert!(code == Some(2) && said.contains("`no/such/folder.har` cannot be written"), "{said}");
}

#[test]
fn what_a_browser_left_out_is_said() {
    let folder = folder("left-out");
    let suite = "suite: s\ntests: [ { name: t, get: 'http://h/', expect: [ { status: 200 } ] } ]";
    fs::write(folder.join("t.yaml"), suite).expect("a file");
    let response = r#"{"status":200,"headers":[{"name":":status","value":"200"}],"content":{"size":700}}"#;
    let archive = format!(
        r#"{{"log":{{"entries":[{{"request":{{"method":"GET","url":"http://h/#top"}},"response":{response}}}]}}}}"#
    );
    fs::write(folder.join("page.har"), archive).expect("a file");
    let (code, said) = stepcast(&folder, &["check", "t.yaml", "--from", "page.har"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("its body was not kept whole: the file has no body for it; save it with content"), "{said}");
}

#[test]
fn an_unfinished_recording_leaves_the_one_before_it() {
    let (folder, base) = (folder("unfinished"), site::serve());
    check(&folder, &base, &["--record", "page.har"]);
    let before = fs::read(folder.join("page.har")).expect("a recording");
    fs::write(folder.join("suite.yaml"), "suite: [").expect("a file");
    let (code, said) = check(&folder, &base, &["--record", "page.har"]);
    assert_eq!(code, Some(2), "{said}");
    assert_eq!(fs::read(folder.join("page.har")).expect("a recording"), before);
    assert!(!folder.join("page.har.part").exists());
}

#[cfg(unix)]
#[test]
fn a_suite_is_judged_again_whenever_it_or_a_part_of_it_is_saved() {
    let folder = folder("watch");
    let suite = |title: &str| {
        format!(
            "suite: s\ninclude: part.yaml\ntests: [ {{ name: t, get: 'http://h/', expect: [ {{ css: h1, text: {title} }} ] }} ]"
        )
    };
    let archive = r#"{"log":{"entries":[{"request":{"method":"GET","url":"http://h/"},
        "response":{"status":200,"content":{"text":"<h1>Hello</h1>"}}}]}}"#;
    fs::write(folder.join("page.har"), archive).expect("a file");
    fs::write(folder.join("part.yaml"), "vars: { a: b }").expect("a file");
    fs::write(folder.join("t.yaml"), suite("Bye")).expect("a file");
    let mut watching = Command::new(env!("CARGO_BIN_EXE_stepcast"))
        .current_dir(&folder)
        .args(["check", "t.yaml", "--from", "page.har", "--watch"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut said = BufReader::new(watching.stderr.take().expect("a pipe")).lines();
    let mut next = || {
        let round = said.by_ref().map(|line| line.expect("a line"));
        round.take_while(|line| !line.starts_with("waiting for a file to be saved")).collect::<Vec<_>>().join("\n")
    };
    assert!(next().contains("failed    t"));
    fs::write(folder.join("t.yaml"), suite("Hello")).expect("a file");
    assert!(next().contains("passed    t"));
    fs::write(folder.join("part.yaml"), "vars: { a: [").expect("a file");
    assert!(next().contains("`t.yaml` has 1 problem"));
    fs::write(folder.join("part.yaml"), "vars: { a: b, c: d }").expect("a file");
    assert!(next().contains("passed    t"));
    fs::write(folder.join("page.har"), archive.replace("Hello", "Changed")).expect("a file");
    assert!(next().contains("failed    t"));
    let process = rustix::process::Pid::from_child(&watching);
    rustix::process::kill_process(process, rustix::process::Signal::INT).expect("it runs");
    assert_eq!(watching.wait().expect("it ends").code(), Some(130));
}
