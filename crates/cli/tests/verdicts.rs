//! An imported suite judges as Hurl does, or says what it does not have.
//!
//! `asserts/NAME.hurl` of the fixtures has a comment behind each assert that says how Hurl 8.0.1 judges it of the answer in
//! `NAME.http`: `passes`, `fails`, or `lost`, where it passes and no suite can say so exactly. What fails in Hurl may be
//! lost as well, but never pass without a word.
//!
//! The files of `whole` begin with what Hurl 8.0.1 says of them as a whole, asked of the site in `verdicts/site.rs`.

#[path = "verdicts/site.rs"]
mod site;

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An assert with what becomes of it.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Passes,
    Fails,
    Lost,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/import/asserts")
}

fn whole_files() -> PathBuf {
    fixtures().join("../whole")
}

/// Answers every request with the fixture its path names. It ends with the test.
fn serve() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    base
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let first = lines.next()?.ok()?;
    lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
    let name = first.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let text = fs::read_to_string(fixtures().join(format!("{name}.http"))).ok()?;
    let (head, body) = text.split_once("\n\n")?;
    let length = format!("\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    stream.write_all((head.replace('\n', "\r\n") + &length).as_bytes()).ok()
}

fn stepcast(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepcast"));
    let output = command.current_dir(folder).args(arguments).output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("UTF-8"))
}

/// The asserts of a file, each with what Hurl says of it.
fn asserts(file: &str) -> Vec<(&str, &str)> {
    let (_, asserts) = file.split_once("[Asserts]\n").expect("asserts");
    asserts.lines().map(|line| line.rsplit_once('#').expect("a comment that says how it is judged")).collect()
}

/// What becomes of every assert, each in a suite of its own, with what was said about it.
fn judge(name: &str, base: &str) -> Vec<(Verdict, String)> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verdicts").join(name);
    // What an earlier run left there.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let file = fs::read_to_string(fixtures().join(format!("{name}.hurl"))).expect("a Hurl file");
    let (head, _) = file.split_once("[Asserts]\n").expect("asserts");
    let imported: Vec<_> = asserts(&file)
        .into_iter()
        .enumerate()
        .map(|(number, (assert, _))| {
            let (hurl, suite) = (format!("{number}.hurl"), format!("{number}.yaml"));
            fs::write(folder.join(&hurl), format!("{head}[Asserts]\n{assert}\n")).expect("a file");
            (suite.clone(), stepcast(&folder, &["import", &hurl, "--output", &suite]))
        })
        .collect();
    let whole = imported.iter().filter(|(_, (code, _))| *code == Some(0)).map(|(suite, _)| suite.as_str());
    let base = format!("base={base}");
    let arguments: Vec<&str> = ["check", "--json", "-", "--var", &base].into_iter().chain(whole).collect();
    let (_, events) = stepcast(&folder, &arguments);
    let judged = imported.into_iter().enumerate().map(|(number, (suite, (code, output)))| match code {
        Some(0) => {
            let suite = fs::read_to_string(folder.join(suite)).expect("a suite");
            (verdict(&events, &number.to_string()), suite)
        }
        Some(1) if output.contains("not carried over") && output.contains("--lossy") => (Verdict::Lost, output),
        other => panic!("{other:?}: {output}"),
    });
    judged.collect()
}

/// What the test of a name came to.
fn verdict(events: &str, name: &str) -> Verdict {
    let events = events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ends: Vec<Value> = events.filter(|event| event["type"] == "test.finished" && event["name"] == name).collect();
    match ends.as_slice() {
        [end] if end["outcome"] == "passed" => Verdict::Passes,
        // An unknown result is no pass either.
        [end] if end["outcome"] == "failed" || end["outcome"] == "errored" => Verdict::Fails,
        other => panic!("{name}: {other:?}"),
    }
}

fn compare(name: &str) {
    let judged = judge(name, &serve());
    let file = fs::read_to_string(fixtures().join(format!("{name}.hurl"))).expect("a Hurl file");
    let (mut same, mut lost, mut wrong) = (0, 0, Vec::new());
    for ((assert, expected), (verdict, output)) in asserts(&file).into_iter().zip(judged) {
        match (expected.split(':').next().unwrap_or_default().trim(), verdict) {
            ("passes", Verdict::Passes) | ("fails", Verdict::Fails) => same += 1,
            ("fails" | "lost", Verdict::Lost) => lost += 1,
            (expected, verdict) => wrong.push(format!("{assert} {expected} in Hurl, {verdict:?} here:\n{output}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), wrong.len() + same + lost, wrong.join("\n"));
    assert!(lost * 10 <= same, "{lost} are lost, {same} are the same");
}

#[test]
fn whole_files_are_judged_as_in_hurl() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verdicts/whole");
    fs::create_dir_all(&out).expect("a folder");
    let (mut names, mut suites) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(whole_files()).expect("the files") {
        let name = entry.expect("a file").file_name().into_string().expect("UTF-8");
        let Some(stem) = name.strip_suffix(".hurl") else { continue };
        let suite = out.join(format!("{stem}.yaml")).to_str().expect("UTF-8").to_owned();
        let (code, output) = stepcast(&whole_files(), &["import", &name, "--force", "--output", &suite]);
        assert_eq!(code, Some(0), "{name} is not carried over: {output}");
        names.push(stem.to_owned());
        suites.push(suite);
    }
    assert!(names.len() >= 20, "{names:?}");
    let base = format!("base={}", site::serve());
    let arguments = ["check", "--json", "-", "--var", &base].into_iter().chain(suites.iter().map(String::as_str));
    let (_, events) = stepcast(&out, &arguments.collect::<Vec<_>>());
    for name in names {
        let file = fs::read_to_string(whole_files().join(format!("{name}.hurl"))).expect("a Hurl file");
        let expected = match file.lines().next() {
            Some("# passes") => Verdict::Passes,
            Some("# fails") => Verdict::Fails,
            other => panic!("{name}: {other:?}"),
        };
        let about = events.lines().filter(|line| line.contains("test.finished") && line.contains(&name));
        assert_eq!(verdict(&events, &name), expected, "{name}:\n{}", about.collect::<String>());
    }
}

#[test]
fn asserts_on_json_are_judged_as_in_hurl() {
    compare("json");
}

#[test]
fn asserts_on_bytes_are_judged_as_in_hurl() {
    compare("bytes");
}

#[test]
fn asserts_on_numbers_are_judged_as_in_hurl() {
    compare("numbers");
}

#[test]
fn asserts_on_pages_and_headers_are_judged_as_in_hurl() {
    compare("page");
}
