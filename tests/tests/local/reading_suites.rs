//! The effect of a suite that takes long to read on other clients.

use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use stepcast_tests::Server;

/// Returns a suite that is rejected once its patterns have used up the cost that the patterns of a suite may have
/// together.
fn costly(number: usize) -> Value {
    let check =
        |pattern: usize| json!({ "body": null, "matches": format!(r"\w{{1,100}}{number}x{pattern}(?:ab|cd){{1,50}}") });
    let checks: Vec<_> = (0..100).map(check).collect();
    json!({ "suite": "Costly", "tests": [{ "name": "t", "get": "http://h/", "expect": checks }] })
}

#[tokio::test]
async fn others_are_answered_while_suites_are_read_that_take_long() {
    let server = Server::start().await;
    let mut other = server.client().await;
    other.ask(json!({ "action": "ping" })).await;
    let answered = Arc::new(AtomicUsize::new(0));
    // More than the number of threads on which the server does everything else.
    let count = thread::available_parallelism().map_or(2, usize::from) * 2;
    for number in 0..count {
        let (mut client, answered) = (server.client().await, Arc::clone(&answered));
        client.send(json!({ "action": "suites.put", "suite": costly(number) })).await;
        tokio::spawn(async move {
            client.until_type("error").await;
            answered.fetch_add(1, Ordering::SeqCst);
        });
    }
    for _ in 0..10 {
        other.ask(json!({ "action": "ping" })).await;
        other.ask(json!({ "action": "jobs" })).await;
    }
    assert_eq!(answered.load(Ordering::SeqCst), 0, "others waited until a suite was read");
    server.stop().await;
}
