//! Deleting messages, and which receipts are valid.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>

use super::super::known::Known;
use super::{Fixture, VISIBILITY, handle, receive_count};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, DeleteMessageBatchResultEntry};

#[tokio::test]
async fn a_stale_receipt_deletes_nothing() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let first = queue.receive_one().await;
    queue.give_back(&first).await.expect("given back");
    let second = queue.receive_one().await;
    queue.delete(&first).await;
    // A deleted message could not be given back.
    let given_back = queue.give_back(&second).await;
    queue.implementation.assert(given_back.is_ok(), Known::StaleReceiptDeletes, given_back);
    if !queue.implementation.has(Known::StaleReceiptDeletes) {
        assert_eq!(receive_count(&queue.receive_one().await), "3");
    }
}

#[tokio::test]
async fn an_old_receipt_deletes_a_message_not_received_again() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    queue.pass(VISIBILITY).await;
    queue.delete(&message).await;
    assert!(queue.receive().await.is_empty(), "it is deleted although it was visible again");
}

#[tokio::test]
async fn deleting_twice_is_no_error() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    queue.delete(&message).await;
    queue.delete(&message).await;
}

#[tokio::test]
async fn a_made_up_receipt_is_rejected() {
    let queue = Fixture::new().await;
    let delete = queue.client.delete_message().queue_url(&queue.url).receipt_handle("made-up").send().await;
    assert!(delete.expect_err("refused").into_service_error().is_receipt_handle_is_invalid());
    let change = queue.client.change_message_visibility().queue_url(&queue.url).receipt_handle("made-up");
    let change = change.visibility_timeout(1).send().await;
    assert!(change.expect_err("refused").into_service_error().is_receipt_handle_is_invalid());
}

#[tokio::test]
async fn a_batch_deletes_each_message_by_itself() {
    let queue = Fixture::new().await;
    queue.send("1").await;
    queue.send("2").await;
    let messages = queue.receive_all(2).await;
    let entry = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().expect("an entry")
    };
    let delete = queue.client.delete_message_batch().queue_url(&queue.url);
    let delete = delete.entries(entry("a", handle(&messages[0]))).entries(entry("b", "made-up"));
    let answer = delete.entries(entry("c", handle(&messages[1]))).send().await.expect("an answer");
    assert_eq!(answer.successful().iter().map(DeleteMessageBatchResultEntry::id).collect::<Vec<_>>(), ["a", "c"]);
    let failed: Vec<_> = answer.failed().iter().map(|entry| (entry.id(), entry.code())).collect();
    assert_eq!(failed, [("b", "ReceiptHandleIsInvalid")]);
    queue.pass(VISIBILITY).await;
    assert!(queue.receive().await.is_empty());
}
