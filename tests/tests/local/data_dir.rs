//! Access to the data directory.

use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use stepcast_tests::Server;

/// Returns the files of a directory that users other than its owner can read or write, and the directory itself if they
/// can.
fn open_to_others(directory: &Path) -> Vec<String> {
    let files = fs::read_dir(directory).expect("the directory").map(|file| file.expect("a file").path());
    let paths = files.chain([directory.to_owned()]);
    let is_open = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o077 != 0;
    paths.filter(|path| is_open(path)).map(|path| path.display().to_string()).collect()
}

#[tokio::test]
async fn only_its_owner_reads_the_data_directory_also_where_others_could_before() {
    let server = Server::start().await;
    let directory = server.data_dir();
    assert_eq!(open_to_others(&directory), [""; 0]);
    let server = server
        .kill_and_restart_after(|directory| {
            for file in fs::read_dir(directory).expect("the directory") {
                fs::set_permissions(file.expect("a file").path(), Permissions::from_mode(0o644)).expect("a mode");
            }
            fs::set_permissions(directory, Permissions::from_mode(0o755)).expect("a mode");
        })
        .await;
    assert_eq!(open_to_others(&directory), [""; 0]);
    // Once it answers, it also handles the signal to stop.
    server.client().await.ask(json!({ "action": "ping" })).await;
    let said = server.stop_with_errors().await;
    assert!(said.contains("Others could read this before"), "{said}");
}
