//! Secrets on the disk.

use serde_json::json;
use std::path::{Path, PathBuf};
use stepcast_tests::events::{is_end_of, suite};
use stepcast_tests::{Server, Site};

const SECRET: &str = "correct-horse-battery-staple";
/// A message that was taken just before a kill comes back after a lease.
const OPTIONS: [&str; 3] = ["--allow-private-targets", "--lease", "2s"];

/// The files of a directory and of those in it.
fn files(directory: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(directory).expect("a directory").map(|file| file.expect("a file").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_secret_is_never_stored_in_the_clear() {
    let (server, site) = (Server::start_with(&OPTIONS).await, Site::start().await);
    let mut client = server.client().await;
    let echo = json!({
        "name": "Echo", "get": format!("{}/echo?text=${{secret.key}}", site.base),
        "expect": [{ "body": { "contains": "${secret.key}" } }],
    });
    let run = json!({ "action": "run", "suite": suite(&[echo]), "secrets": { "key": SECRET } });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    assert_eq!(client.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");

    let data_dir = server.data_dir();
    let server = server.kill_and_restart().await;
    for path in files(&data_dir) {
        let content = std::fs::read(&path).expect("a readable file");
        assert!(
            !content.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()),
            "{} holds the secret",
            path.display()
        );
    }
    server.stop().await;
}
