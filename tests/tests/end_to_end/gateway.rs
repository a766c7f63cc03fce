//! The gateway's guarantees to every client; `crates/local` has tests of the full contract.

use serde_json::json;
use stepcast_tests::Deployment;

#[tokio::test]
async fn hello_returns_the_principal_and_the_limits() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    let welcome = client.ask(json!({ "action": "hello" })).await;
    assert_eq!(
        (&welcome["type"], &welcome["role"], &welcome["re"]),
        (&json!("welcome"), &json!("admin"), &json!("asked"))
    );
    assert_eq!(
        (&welcome["limits"]["frame_bytes"], &welcome["limits"]["message_bytes"]),
        (&json!(32_768), &json!(131_072))
    );
    assert!(
        welcome["connection"].is_string() && welcome["connected_until"].is_string() && welcome["ping_every_s"].is_u64()
    );
    deployment.stop().await;
}

#[tokio::test]
async fn an_admin_sends_a_notice_to_all_and_ends_a_connection() {
    let deployment = Deployment::start().await;
    let (mut admin, mut other) = (deployment.client().await, deployment.client().await);
    let welcome = other.ask(json!({ "action": "hello" })).await;
    admin.ask(json!({ "action": "broadcast", "text": "maintenance at noon" })).await;
    let notice = other.until_type("notice").await.pop().expect("the notice");
    assert_eq!(notice["text"], "maintenance at noon");
    let mut later = deployment.client().await;
    later.ask(json!({ "action": "hello" })).await;
    assert_eq!(later.until_type("notice").await.pop(), Some(notice), "a later client receives the same notice");
    let ended = admin.ask(json!({ "action": "disconnect", "connection": welcome["connection"] })).await;
    assert_eq!(ended["type"], "ok");
    let bye = other.until_type("bye").await.pop().expect("the goodbye");
    assert_eq!((&bye["code"], &bye["reconnect"]), (&json!("disconnected_by_admin"), &json!(false)));
    other.close_code().await;
    deployment.stop().await;
}
