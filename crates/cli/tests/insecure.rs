//! Whether `stepcast check` runs a suite that wants no certificate verified.

use std::path::Path;
use std::process::Command;

/// Nothing that speaks HTTP listens at the discard port of this machine, so the request itself always fails.
const SUITE: &str = "suite: Staging
defaults: { insecure: true, timeout: 1s }
tests:
  - name: Home page
    get: http://127.0.0.1:9/
    expect: [ { status: 200 } ]
";

fn checked(arguments: &[&str]) -> (Option<i32>, String) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("insecure-{}", arguments.len()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("suite.yaml"), SUITE).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepcast"));
    let ran = command.current_dir(&folder).args(["check", "suite.yaml"]).args(arguments).output().expect("it runs");
    (ran.status.code(), String::from_utf8(ran.stdout).expect("UTF-8"))
}

#[test]
fn check_allows_insecure_targets_unless_denied() {
    let refusal = "which is not allowed here";
    let (code, said) = checked(&[]);
    assert!(code == Some(3) && !said.contains(refusal), "{code:?} {said}");
    let (code, said) = checked(&["--deny-insecure-targets"]);
    assert!(code == Some(3) && said.contains(refusal) && said.contains("--allow-insecure-targets"), "{code:?} {said}");
}
