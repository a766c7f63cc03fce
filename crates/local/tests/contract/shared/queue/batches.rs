//! Batches: an error in a message fails only that message, an error in the batch fails all of it.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>

use super::super::known::Known;
use super::{Fixture, bodies};
use aws_sdk_sqs::operation::send_message_batch::{SendMessageBatchError, SendMessageBatchOutput};
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;

fn entry(id: &str, body: &str) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().expect("an entry")
}

impl Fixture {
    async fn send_batch(
        &self,
        entries: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<SendMessageBatchOutput, SendMessageBatchError> {
        let send = self.client.send_message_batch().queue_url(&self.url).set_entries(Some(entries));
        send.send().await.map_err(aws_sdk_sqs::error::SdkError::into_service_error)
    }
}

#[tokio::test]
async fn a_batch_fails_by_entry() {
    let queue = Fixture::new().await;
    let answer = queue.send_batch(vec![entry("good", "hello"), entry("bad", "\u{1}"), entry("fine", "there")]).await;
    let answer = answer.expect("an answer");
    let successful: Vec<_> =
        answer.successful().iter().map(|entry| (entry.id(), entry.md5_of_message_body())).collect();
    assert_eq!(
        successful,
        [("good", "5d41402abc4b2a76b9719d911017c592"), ("fine", "d850f04cdb48312a9be171e214c0b4ee")]
    );
    let [failed] = answer.failed() else { panic!("one has failed: {answer:?}") };
    assert_eq!((failed.id(), failed.code()), ("bad", "InvalidMessageContents"));
    queue.implementation.assert(failed.sender_fault(), Known::NobodyIsAtFault, failed);
    assert_eq!(bodies(&queue.receive_all(2).await), ["hello", "there"]);
}

#[tokio::test]
async fn entries_are_delayed_each_by_itself() {
    let queue = Fixture::new().await;
    let later = SendMessageBatchRequestEntry::builder().id("b").message_body("later").delay_seconds(60);
    let entries = vec![entry("a", "now"), later.build().expect("an entry")];
    assert_eq!(queue.send_batch(entries).await.expect("an answer").successful().len(), 2);
    assert_eq!(bodies(&queue.receive().await), ["now"]);
}

#[tokio::test]
async fn a_batch_can_be_wrong_as_a_whole() {
    let queue = Fixture::new().await;
    let many = (0..11).map(|number| entry(&number.to_string(), "x")).collect();
    let refused = queue.send_batch(many).await.expect_err("refused");
    assert!(refused.is_too_many_entries_in_batch_request(), "{refused:?}");
    let refused = queue.send_batch(vec![entry("a", "1"), entry("a", "2")]).await.expect_err("refused");
    assert!(refused.is_batch_entry_ids_not_distinct(), "{refused:?}");
    let refused = queue.send_batch(vec![entry("a b", "1")]).await.expect_err("refused");
    assert!(refused.is_invalid_batch_entry_id(), "{refused:?}");
    let refused = queue.send_batch(vec![entry(&"a".repeat(81), "1")]).await.expect_err("refused");
    assert!(refused.is_invalid_batch_entry_id(), "{refused:?}");
    let refused = queue.send_batch(Vec::new()).await.expect_err("refused");
    assert!(refused.is_empty_batch_request(), "{refused:?}");
    assert!(queue.receive().await.is_empty(), "nothing of them was sent");
}
