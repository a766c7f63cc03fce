//! What `stepcast lint` says of every suite in `tests/fixtures/bad-suites` and `tests/fixtures/lint-warnings`: the text
//! beside it. `STEPCAST_WRITE_GOLDEN=1 cargo test -p stepcast --test golden_suites` writes the present texts; read the
//! difference before it is committed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The environment variable that asks for the texts to be written.
const WRITE: &str = "STEPCAST_WRITE_GOLDEN";

/// The passwords, tokens and keys of the suites, which must never be shown.
const CREDENTIALS: [&str; 3] = ["hunter2", "MHcCAQEE", "abc123"];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures").join(name)
}

/// The names of the files with this ending, without it.
fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path());
    let of_ending = files.filter(|file| file.extension().is_some_and(|found| found == ending));
    of_ending.map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

/// The exit code and what is said, with the file named as it is from its own folder.
fn lint(folder: &Path, file: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepcast"));
    let ran = command.args(["lint", file]).current_dir(folder).stdin(Stdio::null()).output().expect("`stepcast` runs");
    assert!(ran.stdout.is_empty(), "{file}: messages go to standard error");
    (ran.status.code(), String::from_utf8(ran.stderr).expect("UTF-8"))
}

/// Compares the output for every suite of a folder with the stored texts, and reports all that differ.
fn compare(name: &str, exit: i32) {
    let folder = folder(name);
    let suites = names(&folder, "yaml");
    let write = std::env::var_os(WRITE).is_some();
    let mut different = Vec::new();
    for suite in &suites {
        let (code, said) = lint(&folder, &format!("{suite}.yaml"));
        let shown = CREDENTIALS.iter().find(|credential| said.contains(**credential));
        assert!(shown.is_none(), "{suite}.yaml: the output shows a credential\n{said}");
        if code != Some(exit) {
            different.push(format!("--- {suite}.yaml: exit code {code:?}, expected {exit}\n{said}"));
        }
        let golden = folder.join(format!("{suite}.txt"));
        if write {
            fs::write(&golden, &said).expect("the text is written");
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if expected != said {
            different.push(format!("--- {suite}.txt\n{}", difference(&expected, &said)));
        }
    }
    let stale: Vec<_> = names(&folder, "txt").difference(&suites).cloned().collect();
    assert!(stale.is_empty(), "texts without a suite: {stale:?}");
    assert!(different.is_empty(), "{}\n`{WRITE}=1` writes the present texts", different.join("\n"));
}

/// The lines from the first that differs to the last.
fn difference(expected: &str, actual: &str) -> String {
    let (expected, actual): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(one, other)| one == other).count();
    let before = same(&mut expected.iter().zip(&actual));
    let after = same(&mut expected[before..].iter().rev().zip(actual[before..].iter().rev()));
    let removed = expected[before..expected.len() - after].iter().map(|line| format!("- {line}\n"));
    let added = actual[before..actual.len() - after].iter().map(|line| format!("+ {line}\n"));
    removed.chain(added).collect()
}

#[test]
fn bad_suites_are_refused_with_these_words() {
    compare("bad-suites", 2);
}

/// Too large to be kept as files.
#[test]
fn too_large_suites_are_rejected() {
    let test = |keys: &str| format!("suite: S\ntests:\n  - name: T\n    get: http://h/\n{keys}");
    let checks = |many| format!("    expect: [{}]\n", vec!["{ status: 200 }"; many].join(", "));
    let large = [
        (test(&checks(101)), "tests[0].expect: a step may have at most 100 checks; this one has 101"),
        (
            format!("suite: S\ntests:\n  - name: T\n    steps: [{}]\n", vec!["{ get: 'http://h/' }"; 51].join(", ")),
            "tests[0].steps: expected 1 to 50 steps, found 51",
        ),
        (
            test(&format!("    text: {}\n", "x".repeat(1024 * 1024))),
            "is larger than the 1048576 bytes such a file may have",
        ),
        (test(&format!("    each: {{ n: [{}] }}\n", vec!["1"; 200_001].join(","))), "more than 200000 values"),
        (test(&format!("    json: {}1{}\n", "[".repeat(100), "]".repeat(100))), "nested more than 64 deep"),
    ];
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    for (number, (text, expected)) in large.iter().enumerate() {
        let name = format!("large-{number}.yaml");
        fs::write(folder.join(&name), text).expect("the suite");
        let (code, said) = lint(&folder, &name);
        assert!(
            code == Some(2) && said.contains(expected),
            "{code:?} {}",
            said.chars().take(2_000).collect::<String>()
        );
        assert!(said.len() < 2_000, "{expected}: {} bytes are said", said.len());
    }
}

#[test]
fn suites_to_be_warned_of_are_good() {
    compare("lint-warnings", 0);
}
