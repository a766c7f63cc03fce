//! Any WebSocket client works: tests the Python program of the README as it is printed there.

use std::path::PathBuf;
use std::process::Stdio;
use stepcast_tests::events::{page, suite};
use stepcast_tests::{Deployment, Site, within};
use tokio::process::Command;

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The first Python program of the README.
fn program() -> String {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let (_, after) = readme.split_once("```python\n").expect("a Python program in the README");
    after.split_once("```").expect("its end").0.to_owned()
}

#[tokio::test]
async fn the_readme_s_python_program_runs_a_suite() {
    let python = root().join("target/python/client/bin/python");
    assert!(python.exists(), "`{}` is missing; `make test` makes it with the package `websockets`", python.display());
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("suite.json");
    std::fs::write(&file, suite(&[page("Page", &format!("{}/page/x", site.base))]).to_string()).expect("a suite");
    let mut command = Command::new(python);
    command
        .arg("-c")
        .arg(program())
        .arg(&file)
        .env("STEPCAST_URL", &deployment.ws)
        .env("STEPCAST_TOKEN", &deployment.token);
    let ran = within("the program's end", command.stdin(Stdio::null()).output()).await.expect("Python runs");
    let (said, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{said}{errors}");
    assert!(said.contains("step.finished") && said.contains("passed"), "{said}");
    deployment.stop().await;
}
