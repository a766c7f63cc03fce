//! The priority of `up` on a machine that does other things too.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::Stdio;
use stepcast_tests::{binary, within};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// The nice values of the threads of a process, each once.
/// <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
fn nice_values(process: &str) -> Vec<i32> {
    let of_thread = |stat: String| {
        let (_, fields) = stat.rsplit_once(") ").expect("the name of the thread ends");
        fields.split(' ').nth(16).expect("the nineteenth field").parse().expect("a number")
    };
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("a process").map(|thread| {
        let stat = thread.expect("a thread").path().join("stat");
        of_thread(fs::read_to_string(stat).expect("it runs"))
    });
    let mut values: Vec<i32> = threads.collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// Starts a server as so much nicer than this process, and returns the nice values of its threads.
async fn nice_values_of_server(nicer_by: i32) -> Vec<i32> {
    let data_dir = tempfile::tempdir().expect("a directory");
    let mut server = Command::new("nice")
        .args(["-n", &nicer_by.to_string()])
        .arg(binary("stepcast"))
        .args(["up", "--json", "--port", "0", "--data-dir"])
        .arg(data_dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the server starts");
    let mut lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let ready = within("its first line", lines.next_line()).await.expect("text").expect("a line");
    assert!(ready.contains("\"ready\":true"), "{ready}");
    nice_values(&server.id().expect("the server runs").to_string())
}

#[tokio::test]
async fn other_programs_go_first_unless_a_priority_was_chosen() {
    let own = *nice_values("self").first().expect("a thread");
    let by_default = if own == 0 { 5 } else { own };
    assert_eq!(nice_values_of_server(0).await, [by_default]);
    assert_eq!(nice_values_of_server(2).await, [own + 2]);
}
