//! How long a message in flight stays hidden can be changed.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>

use super::super::known::Known;
use super::{Fixture, bodies, code, handle, receive_count};
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityError;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, ChangeMessageVisibilityBatchResultEntry};
use std::time::Duration;

#[tokio::test]
async fn it_can_be_extended() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    queue.pass(Duration::from_secs(1)).await;
    queue.change(&message, 3).await.expect("extended");
    queue.pass(Duration::from_secs(2)).await;
    assert!(queue.receive().await.is_empty(), "three seconds after it was received, one before its time");
    queue.pass(Duration::from_secs(1)).await;
    assert_eq!(receive_count(&queue.receive_one().await), "2");
}

#[tokio::test]
async fn it_can_be_extended_again_and_again() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    for _ in 0..3 {
        queue.pass(Duration::from_secs(1)).await;
        queue.change(&message, 2).await.expect("extended");
        assert!(queue.receive().await.is_empty());
    }
    queue.delete(&message).await;
    queue.pass(Duration::from_secs(2)).await;
    assert!(queue.receive().await.is_empty(), "the receipt still fits");
}

#[tokio::test]
async fn it_can_be_cut_short() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let receive = queue.receiving(&queue.url).visibility_timeout(600);
    let message = receive.send().await.expect("an answer").messages.unwrap_or_default().remove(0);
    queue.change(&message, 1).await.expect("cut short");
    assert!(queue.receive().await.is_empty());
    queue.pass(Duration::from_secs(1)).await;
    assert_eq!(receive_count(&queue.receive_one().await), "2");
}

#[tokio::test]
async fn zero_gives_a_message_back() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    queue.change(&message, 0).await.expect("given back");
    let again = queue.receive_one().await;
    assert_eq!((again.message_id(), receive_count(&again)), (message.message_id(), "2"));
}

#[tokio::test]
async fn a_message_not_in_flight_cannot_be_hidden() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    queue.change(&message, 0).await.expect("given back");
    let refused = queue.change(&message, 2).await;
    let is_refused = refused.as_ref().is_err_and(ChangeMessageVisibilityError::is_message_not_inflight);
    queue.implementation.assert(is_refused, Known::NotInFlightIsHidden, refused);
    assert_eq!(receive_count(&queue.receive_one().await), "2", "it is not lost");
}

#[tokio::test]
async fn a_deleted_message_cannot_be_hidden() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    queue.delete(&message).await;
    queue.change(&message, 2).await.expect_err("it is gone");
}

#[tokio::test]
async fn nothing_is_hidden_for_more_than_twelve_hours() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    let refused = queue.change(&message, 43_201).await;
    let is_refused = code(&refused) == Some("InvalidParameterValue");
    queue.implementation.assert(is_refused, Known::VisibilityHasNoEnd, refused);
}

#[tokio::test]
async fn a_batch_changes_each_message_by_itself() {
    let queue = Fixture::new().await;
    for body in ["back", "hidden", "late"] {
        queue.send(body).await;
    }
    let messages = queue.receive_all(3).await;
    let entry = |id: &str, handle: &str, seconds| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id).receipt_handle(handle);
        entry.visibility_timeout(seconds).build().expect("an entry")
    };
    let answer = queue
        .client
        .change_message_visibility_batch()
        .queue_url(&queue.url)
        .entries(entry("back", handle(&messages[0]), 0))
        .entries(entry("hidden", handle(&messages[1]), 60))
        .entries(entry("made-up", "made-up", 0))
        .send()
        .await
        .expect("an answer");
    let successful: Vec<_> = answer.successful().iter().map(ChangeMessageVisibilityBatchResultEntry::id).collect();
    assert_eq!(successful, ["back", "hidden"]);
    let failed: Vec<_> = answer.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    assert_eq!(failed, [("made-up", "ReceiptHandleIsInvalid")]);

    assert_eq!(queue.receive_one().await.body(), Some("back"));
    queue.pass(Duration::from_secs(2)).await;
    assert_eq!(bodies(&queue.receive_all(2).await), ["back", "late"]);
}
