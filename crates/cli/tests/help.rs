//! What the README quotes is what the command says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("the README")
}

/// Runs the command on a terminal of a known width, without the settings of the user who runs the tests.
fn stepcast(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stepcast"));
    for name in ["STEPCAST_URL", "STEPCAST_TOKEN", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(arguments).env("COLUMNS", "100").output().expect("`stepcast` runs")
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn the_readme_quotes_the_help() {
    let output = stepcast(&["--help"]);
    assert!(output.status.success(), "{}", output.status);
    let quoted = format!("<!-- help -->\n```text\n{}```\n<!-- help -->\n", text(output.stdout));
    assert!(readme().contains(&quoted), "the README should contain:\n{quoted}");
}

#[test]
fn the_readme_s_suite_is_good() {
    let readme = readme();
    let (_, after) = readme.split_once("```yaml\n").expect("a suite in the README");
    let (suite, _) = after.split_once("```").expect("its end");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("first.yaml");
    std::fs::write(&file, suite).expect("the suite");
    let output = stepcast(&["lint", file.to_str().expect("a path")]);
    assert!(output.status.success(), "{}{}", text(output.stdout), text(output.stderr));
}

#[test]
fn the_readme_s_links_lead_somewhere() {
    let readme = readme();
    let targets = readme.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let files = targets.filter(|target| !target.starts_with("https://")).filter_map(|target| target.split('#').next());
    let missing: Vec<_> = files.filter(|file| !root().join(file).exists()).collect();
    assert!(missing.is_empty(), "the README has links without a target: {missing:?}");
}
