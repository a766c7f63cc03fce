//! The largest messages and batches, and the characters a message may contain.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>

use super::Fixture;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName, SendMessageBatchRequestEntry};

const MEBIBYTE: usize = 1024 * 1024;

impl Fixture {
    /// Sends a message, or returns the code of the refusal.
    async fn try_send(&self, body: &str, attribute: Option<&str>) -> Result<(), String> {
        let mut send = self.client.send_message().queue_url(&self.url).message_body(body);
        if let Some(text) = attribute {
            let value = MessageAttributeValue::builder().data_type("String").string_value(text);
            send = send.message_attributes("name", value.build().expect("a value"));
        }
        send.send().await.map(drop).map_err(|error| error.code().unwrap_or_default().to_owned())
    }
}

#[tokio::test]
async fn a_message_has_at_most_a_mebibyte() {
    let queue = Fixture::new().await;
    assert_eq!(queue.attributes(&queue.url).await[&QueueAttributeName::MaximumMessageSize], MEBIBYTE.to_string());
    let largest = "x".repeat(MEBIBYTE);
    queue.try_send(&largest, None).await.expect("sent");
    assert_eq!(queue.receive_one().await.body().map(str::len), Some(MEBIBYTE));
    assert_eq!(queue.try_send(&format!("{largest}x"), None).await, Err("InvalidParameterValue".to_owned()));
}

#[tokio::test]
async fn bytes_are_counted_and_not_letters() {
    let queue = Fixture::new().await;
    queue.try_send(&"ä".repeat(MEBIBYTE / 2), None).await.expect("sent");
    let refused = queue.try_send(&"ä".repeat(MEBIBYTE / 2 + 1), None).await;
    assert_eq!(refused, Err("InvalidParameterValue".to_owned()));
}

#[tokio::test]
async fn attributes_count() {
    let queue = Fixture::new().await;
    // `name`, `String` and the value
    let left = "x".repeat(MEBIBYTE - 4 - 6 - 100);
    queue.try_send(&left, Some(&"v".repeat(100))).await.expect("sent");
    let refused = queue.try_send(&left, Some(&"v".repeat(101))).await;
    assert_eq!(refused, Err("InvalidParameterValue".to_owned()));
}

#[tokio::test]
async fn a_batch_has_at_most_a_mebibyte() {
    let queue = Fixture::new().await;
    let send = |last: usize| {
        let sizes = [MEBIBYTE / 2, MEBIBYTE / 2 - 10, last];
        let entries = sizes.iter().enumerate().map(|(number, size)| {
            let entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body("x".repeat(*size));
            entry.build().expect("an entry")
        });
        queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries.collect())).send()
    };
    let refused = send(11).await.expect_err("refused").into_service_error();
    assert!(refused.is_batch_request_too_long(), "{refused:?}");
    assert!(queue.receive().await.is_empty(), "nothing of it was sent");
    assert_eq!(send(10).await.expect("an answer").successful().len(), 3);
}

#[tokio::test]
async fn a_message_is_text() {
    let queue = Fixture::new().await;
    for refused in ["\u{0}", "\u{8}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
        assert_eq!(queue.try_send(refused, None).await, Err("InvalidMessageContents".to_owned()), "{refused:?}");
    }
    let text = "\t\n\r \u{7f}\u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}";
    queue.try_send(text, None).await.expect("sent");
    assert_eq!(queue.receive_one().await.body(), Some(text));
    let empty = queue.try_send("", None).await;
    assert!(empty.is_err(), "{empty:?}");
}
