//! `@connections`.

use super::client::{Client, handshake};
use super::fixture::{Setup, connection_of};
use crate::support::{NOON, management};
use aws_sdk_apigatewaymanagement::primitives::DateTime;
use stepcast_local::gateway::Limits;

#[tokio::test]
async fn a_connection_says_since_when() {
    let mut api = Setup::new().start_embedded(drop).await;
    let (_socket, _) = handshake(&api, &[("user-agent", "test/1")]).await.expect("connected");
    let id = connection_of(&api.event("$connect").await);
    let connection = api.management.get_connection().connection_id(id).send().await.expect("an answer");
    assert_eq!(connection.connected_at(), Some(&DateTime::from_millis(NOON)));
    assert!(connection.last_active_at() >= connection.connected_at());
    let identity = connection.identity().expect("an identity");
    assert_eq!((identity.source_ip(), identity.user_agent()), (Some("127.0.0.1"), Some("test/1")));
}

#[tokio::test]
async fn messages_posted_before_a_close_are_written() {
    let mut api = Setup::new().start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    api.post(&client.id, "bye").await.expect("taken");
    api.management.delete_connection().connection_id(&client.id).send().await.expect("closed");

    assert_eq!(client.text().await, "bye", "messages posted before are written first");
    assert_eq!(client.close_code().await, 1000);
    assert_eq!(api.disconnected().await, (1000, "Connection Closed Normally".to_owned()));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_full_and_delays_no_other() {
    let limits = Limits { outbound_messages: 4, ..Limits::default() };
    let mut api = Setup::new().limits(limits).start_embedded(drop).await;
    let slow = Client::connect(&mut api).await;
    let mut quick = Client::connect(&mut api).await;

    let text = "x".repeat(100 * 1024);
    let mut refused = None;
    // The buffers of the operating system take more on top of the limit.
    for _ in 0..1000 {
        if let Err(error) = api.post(&slow.id, text.clone()).await {
            refused = Some(error);
            break;
        }
    }
    let refused = refused.expect("the buffer has an end");
    assert!(refused.is_limit_exceeded_exception(), "{refused:?}");

    api.post(&quick.id, "hello").await.expect("taken");
    assert_eq!(quick.text().await, "hello");

    let mut slow = slow;
    assert_eq!(slow.text().await, text, "once it reads, it gets the accepted messages");
}

#[tokio::test]
async fn another_access_key_is_refused() {
    let mut api = Setup::new().start_embedded(drop).await;
    let client = Client::connect(&mut api).await;
    let stranger = management(&api.management_endpoint, "AKIDSOMEBODYELSE");
    let refused = stranger.delete_connection().connection_id(&client.id).send().await.expect_err("refused");
    assert!(refused.into_service_error().is_forbidden_exception());
    assert_eq!(api.own().gateway.open_connections(), 1);
}

#[tokio::test]
async fn the_stage_can_be_left_out() {
    let mut api = Setup::new().start_embedded(drop).await;
    let mut client = Client::connect(&mut api).await;
    let endpoint = api.management_endpoint.trim_end_matches("/local");
    let post = management(endpoint, crate::support::ACCESS_KEY_ID).post_to_connection().connection_id(&client.id);
    post.data(b"hello".to_vec().into()).send().await.expect("taken");
    assert_eq!(client.text().await, "hello");
    assert_eq!(connection_of(&client.connected), client.id);
}
