//! What `stepcast import` makes of Hurl files.
//!
//! For each `NAME.hurl` of the fixtures, `NAME.yaml` is the suite and `NAME.txt` what is said about it. Where a change is
//! meant, `stepcast import --lossy NAME.hurl >NAME.yaml 2>NAME.txt` in their folder writes both again.

use std::path::{Path, PathBuf};
use std::process::Command;

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn stepcast(folder: &Path, arguments: &[&str]) -> Ran {
    let output =
        Command::new(env!("CARGO_BIN_EXE_stepcast")).current_dir(folder).args(arguments).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/import")
}

/// The names of the Hurl files in a folder, without their ending.
fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("the fixtures").map(|entry| entry.expect("a file").path());
    let hurl = files.filter(|path| path.extension().is_some_and(|extension| extension == "hurl"));
    let mut names: Vec<_> =
        hurl.map(|path| path.file_stem().expect("a name").to_str().expect("UTF-8").to_owned()).collect();
    names.sort();
    assert!(!names.is_empty(), "no Hurl files in {}", folder.display());
    names
}

fn text_of(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// A folder of this test's own with a file in it.
fn folder_with(name: &str, text: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("import").join(name);
    // What an earlier run left there.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("page.hurl"), text).expect("a file");
    folder
}

#[test]
fn hurl_files_become_suites() {
    let folder = fixtures();
    for name in names(&folder) {
        let ran = stepcast(&folder, &["import", "--lossy", &format!("{name}.hurl")]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        assert_eq!(ran.stdout, text_of(&folder, &format!("{name}.yaml")), "{name}.yaml");
        assert_eq!(ran.stderr, text_of(&folder, &format!("{name}.txt")), "{name}.txt");
        let linted = stepcast(&folder, &["lint", &format!("{name}.yaml")]);
        assert_eq!(linted.code, Some(0), "{name}: {}", linted.stderr);
    }
}

#[test]
fn the_documentation_quotes_a_fixture() {
    let folder = fixtures();
    let documentation = text_of(&folder.join("../../../docs"), "SUITES.md");
    for ending in ["hurl", "txt", "yaml"] {
        let quoted = text_of(&folder, &format!("login.{ending}"));
        assert!(!quoted.is_empty() && documentation.contains(&quoted), "docs/SUITES.md should contain:\n{quoted}");
    }
}

#[test]
fn an_invalid_hurl_file_is_reported_with_its_position() {
    let folder = fixtures().join("bad");
    for name in names(&folder) {
        let ran = stepcast(&folder, &["import", &format!("{name}.hurl")]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{name}: {}", ran.stderr);
        assert_eq!(ran.stderr, text_of(&folder, &format!("{name}.txt")), "{name}.txt");
    }
}

#[test]
fn a_file_that_is_there_is_written_over_only_by_force() {
    let folder = folder_with("output", "GET https://shop.example/\nHTTP 200\n");
    let arguments = ["import", "page.hurl", "--output", "page.yaml"];
    let first = stepcast(&folder, &arguments);
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), ""), "{}", first.stderr);
    let written = text_of(&folder, "page.yaml");
    assert!(written.contains("get: https://shop.example/"), "{written}");
    std::fs::write(folder.join("page.yaml"), "mine, and longer than what would be written over it\n".repeat(20))
        .expect("a file");

    let second = stepcast(&folder, &arguments);
    assert_eq!(second.code, Some(2));
    assert!(second.stderr.contains("hint: `--force` overwrites it"), "{}", second.stderr);
    assert!(text_of(&folder, "page.yaml").starts_with("mine"));

    let forced = stepcast(&folder, &[&arguments[..], &["--force"]].concat());
    assert_eq!(forced.code, Some(0), "{}", forced.stderr);
    assert_eq!(text_of(&folder, "page.yaml"), written);
}

/// A suite that has less may be green where the file is red.
#[test]
fn lost_parts_have_to_be_accepted() {
    let lost = [
        ("an assert", "GET https://shop.example/\nHTTP 200\n[Asserts]\nip == \"127.0.0.1\"\n"),
        ("a body", "GET https://shop.example/\nHTTP 200\nfile,missing.txt;\n"),
        ("a capture", "GET https://shop.example/\nHTTP 200\n[Captures]\nid: ip\n"),
        ("a request", "GET https://shop.example/\nHTTP 200\n\nTRACE https://shop.example/\nHTTP 200\n"),
        ("an option", "GET https://shop.example/\n[Options]\nunix-socket: /tmp/s\nHTTP 200\n"),
    ];
    for (what, text) in lost {
        let folder = folder_with("lost", text);
        let ran = stepcast(&folder, &["import", "page.hurl"]);
        assert_eq!(ran.code, Some(1), "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains("page.hurl:") && ran.stderr.contains(": not carried over: "), "{}", ran.stderr);
        assert!(ran.stderr.ends_with("hint: `--lossy` accepts a suite without them\n"), "{}", ran.stderr);
        let accepted = stepcast(&folder, &["import", "--lossy", "page.hurl"]);
        assert_eq!((accepted.code, accepted.stdout), (Some(0), ran.stdout), "{what}: {}", accepted.stderr);
    }
    let skipped = "GET https://shop.example/\nHTTP 200\n\nGET https://shop.example/\n[Options]\nskip: true\nHTTP 200\n";
    let ran = stepcast(&folder_with("skipped_one", skipped), &["import", "page.hurl"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn more_steps_than_a_test_has_become_several_tests() {
    let folder = folder_with("many", &"GET https://shop.example/\nHTTP 200\n".repeat(120));
    let ran = stepcast(&folder, &["import", "page.hurl"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let tests: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with("  - name: ")).collect();
    assert_eq!(tests, ["  - name: page (1 of 3)", "  - name: page (2 of 3)", "  - name: page (3 of 3)"]);
    let begins: Vec<_> = ran.stderr.lines().filter(|line| line.contains("a test has at most 50 steps")).collect();
    assert!(begins[0].starts_with("page.hurl:101:1: changed: ") && begins[1].starts_with("page.hurl:201:1: "));
    assert!(ran.stderr.ends_with("page.hurl: 120 requests, 120 asserts: 120 carried over\n"), "{}", ran.stderr);
}

#[test]
fn a_suite_that_checks_nothing_causes_a_warning() {
    let folder = folder_with("unchecked", "GET https://shop.example/\n");
    let ran = stepcast(&folder, &["import", "page.hurl"]);
    assert!(ran.stderr.contains("warning: nothing is checked"), "{}", ran.stderr);
}

#[test]
fn a_skipped_file_stays_skipped() {
    let folder = folder_with("skipped", "GET https://shop.example/\n[Options]\nskip: true\nHTTP 200\n");
    let ran = stepcast(&folder, &["import", "page.hurl"]);
    assert!(ran.stdout.contains("    skip: true\n    steps:\n"), "{}{}", ran.stdout, ran.stderr);
}
