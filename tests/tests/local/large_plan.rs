//! A large job whose server dies when its plan has just been written.

use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;
use stepcast_tests::events::suite;
use stepcast_tests::{Server, Site, within};

const TESTS: u32 = 2_000;

#[tokio::test]
async fn a_server_killed_when_two_thousand_tests_have_just_been_planned_counts_each_once() {
    let site = Site::start().await;
    let server = Server::start_with(&["--allow-private-targets", "--lease", "2s"]).await;
    let mut client = server.client().await;
    let numbers: Vec<u32> = (0..TESTS).collect();
    let each = json!({ "name": "Page ${number}", "each": { "number": numbers }, "get": format!("{}/page/${{number}}", site.base),
        "expect": [{ "status": 200 }] });
    let mut all = suite(&[each]);
    all["defaults"] = json!({ "host": { "concurrency": 32, "interval": "0ms" } });
    let job = client.run(all).await;
    // Whether the plan counts yet, and how many of its batches are queued by then, differs from run to run.
    within("the plan in the table", async {
        while parts_of_plans(&server.data_dir()) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let server = server.kill_and_restart().await;

    let mut client = server.client().await;
    client.send(json!({ "action": "watch", "job": job })).await;
    let finished = client.until(|event| event["type"] == "job.finished").await.pop().expect("the verdict");
    assert_eq!((&finished["verdict"], &finished["counts"]["passed"]), (&json!("passed"), &json!(TESTS)), "{finished}");
    assert_eq!(finished["counts"]["total"], TESTS);
    let state = client.job(&job).await;
    let passed = state["tests"].as_array().expect("tests").iter().filter(|test| test["outcome"] == "passed");
    assert_eq!(passed.map(|test| test["test"].to_string()).collect::<BTreeSet<_>>().len(), 2_000);
    server.stop().await;
}

/// Returns how many parts of plans are in the table.
fn parts_of_plans(data_dir: &Path) -> u32 {
    let table = data_dir.join("table.sqlite");
    let connection = Connection::open_with_flags(table, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the table's file");
    let parts = "SELECT count(*) FROM stepcast WHERE sk LIKE 'S:PLAN#%#TESTS#%'";
    connection.query_row(parts, [], |row| row.get(0)).expect("the table's items")
}
