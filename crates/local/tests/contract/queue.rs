//! The queue, through the SDK for Amazon SQS.

use crate::support::{ACCESS_KEY_ID, NOON, access_key, listen, serve, sleeper, soon, sqs};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::clock::HeldClock;
use stepcast_local::queue::{QueueService, server};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A queue `work` with a visibility timeout of 30 s, served, on a clock that stands still.
struct Fixture {
    client: Client,
    clock: HeldClock,
    endpoint: String,
    url: String,
    directory: TempDir,
    shutdown: CancellationToken,
}

impl Fixture {
    async fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        let clock = HeldClock::at(NOON);
        let shutdown = CancellationToken::new();
        let (client, endpoint) = serve_queue(directory.path(), &clock, &shutdown).await;
        let created = client.create_queue().queue_name("work").send().await.expect("a queue");
        let url = created.queue_url.expect("its URL");
        Self { client, clock, endpoint, url, directory, shutdown }
    }

    /// Another queue, to which `work` gives up what was received `max_receive_count` times.
    async fn with_dead_letters(&self, max_receive_count: u32) -> String {
        let created = self.client.create_queue().queue_name("dead").send().await.expect("a queue");
        let policy = format!(
            r#"{{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"{max_receive_count}"}}"#
        );
        let set = self.client.set_queue_attributes().queue_url(&self.url);
        set.attributes(QueueAttributeName::RedrivePolicy, policy).send().await.expect("a policy");
        created.queue_url.expect("its URL")
    }

    async fn send(&self, body: &str) {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.expect("sent");
    }

    async fn send_in_group(&self, body: &str, group: &str) {
        let send = self.client.send_message().queue_url(&self.url).message_body(body).message_group_id(group);
        send.send().await.expect("sent");
    }

    async fn receive(&self) -> Vec<Message> {
        self.receive_from(&self.url).await
    }

    async fn receive_from(&self, url: &str) -> Vec<Message> {
        let receive = self.client.receive_message().queue_url(url).max_number_of_messages(10);
        let received = receive.message_system_attribute_names(MessageSystemAttributeName::All).send().await;
        received.expect("an answer").messages.unwrap_or_default()
    }

    /// A receiver that has found nothing and waits.
    async fn wait_for_one(&self) -> JoinHandle<Vec<Message>> {
        let receive = self.client.receive_message().queue_url(&self.url).wait_time_seconds(20);
        let waiting =
            tokio::spawn(async move { receive.send().await.expect("an answer").messages.unwrap_or_default() });
        sleeper(&self.clock).await;
        waiting
    }

    async fn receive_one(&self) -> Message {
        let mut received = self.receive().await;
        assert_eq!(received.len(), 1, "one message should be there");
        received.remove(0)
    }

    async fn delete(&self, message: &Message) {
        let handle = message.receipt_handle().expect("a handle");
        self.client.delete_message().queue_url(&self.url).receipt_handle(handle).send().await.expect("deleted");
    }
}

async fn serve_queue(directory: &Path, clock: &HeldClock, shutdown: &CancellationToken) -> (Client, String) {
    let service = QueueService::open(directory.join("queue.db"), Arc::new(clock.clone())).expect("a database");
    let (listener, endpoint) = listen().await;
    serve(listener, server::router(service, access_key(), &endpoint, shutdown.clone()));
    (sqs(&endpoint, ACCESS_KEY_ID), endpoint)
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body().expect("a body")).collect()
}

fn receive_count(message: &Message) -> &str {
    let attributes = message.attributes().expect("attributes");
    &attributes[&MessageSystemAttributeName::ApproximateReceiveCount]
}

#[tokio::test]
async fn a_message_is_received_once_and_deleted() {
    let queue = Fixture::new().await;
    queue.send("hello").await;

    let message = queue.receive_one().await;
    assert_eq!(message.body(), Some("hello"));
    assert_eq!(message.md5_of_body(), Some("5d41402abc4b2a76b9719d911017c592"));
    assert_eq!(receive_count(&message), "1");
    assert_eq!(message.attributes().expect("attributes")[&MessageSystemAttributeName::SentTimestamp], NOON.to_string());
    assert!(queue.receive().await.is_empty(), "it is in flight");

    queue.delete(&message).await;
    queue.clock.advance(Duration::from_mins(1));
    assert!(queue.receive().await.is_empty(), "it is deleted");
}

#[tokio::test]
async fn a_message_comes_back_after_its_visibility_timeout() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let first = queue.receive_one().await;

    queue.clock.advance(Duration::from_secs(29));
    assert!(queue.receive().await.is_empty());
    queue.clock.advance(Duration::from_secs(1));
    let second = queue.receive_one().await;
    assert_eq!(receive_count(&second), "2");

    queue.delete(&first).await;
    queue.clock.advance(Duration::from_secs(30));
    let third = queue.receive_one().await;
    assert_eq!(receive_count(&third), "3", "a stale handle deletes nothing");
}

#[tokio::test]
async fn a_message_outlives_the_process() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    queue.receive_one().await;

    // Nothing was closed in order: what is in the file is what a killed process leaves.
    let (client, _) = serve_queue(queue.directory.path(), &queue.clock, &queue.shutdown).await;
    let restarted = Fixture { client, ..queue };
    assert!(restarted.receive().await.is_empty(), "still in flight");
    restarted.clock.advance(Duration::from_secs(30));
    assert_eq!(receive_count(&restarted.receive_one().await), "2");
}

#[tokio::test]
async fn a_waiting_receiver_gets_what_is_sent() {
    let queue = Fixture::new().await;
    let waiting = queue.wait_for_one().await;
    queue.send("hello").await;
    assert_eq!(bodies(&soon(waiting).await.expect("received")), ["hello"]);
}

#[tokio::test]
async fn a_waiting_receiver_gets_what_becomes_due() {
    let queue = Fixture::new().await;
    let send = queue.client.send_message().queue_url(&queue.url).message_body("later").delay_seconds(10);
    send.send().await.expect("sent");
    let waiting = queue.wait_for_one().await;
    queue.clock.advance(Duration::from_secs(10));
    assert_eq!(bodies(&soon(waiting).await.expect("received")), ["later"]);
}

#[tokio::test]
async fn a_waiting_receiver_gets_what_is_given_back() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    let waiting = queue.wait_for_one().await;
    let give_back = queue.client.change_message_visibility().queue_url(&queue.url).visibility_timeout(0);
    give_back.receipt_handle(message.receipt_handle().expect("a handle")).send().await.expect("given back");
    assert_eq!(bodies(&soon(waiting).await.expect("received")), ["hello"]);
}

#[tokio::test]
async fn a_receiver_waits_no_longer_than_it_asked() {
    let queue = Fixture::new().await;
    let waiting = queue.wait_for_one().await;
    queue.clock.advance(Duration::from_secs(20));
    assert!(soon(waiting).await.expect("received").is_empty());
}

#[tokio::test]
async fn a_waiting_receiver_does_not_hold_up_shutdown() {
    let queue = Fixture::new().await;
    let waiting = queue.wait_for_one().await;
    queue.shutdown.cancel();
    assert!(soon(waiting).await.expect("received").is_empty());
}

#[tokio::test]
async fn the_visibility_of_a_message_in_flight_can_be_extended() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let message = queue.receive_one().await;
    let change = |seconds| {
        let change = queue.client.change_message_visibility().queue_url(&queue.url).visibility_timeout(seconds);
        change.receipt_handle(message.receipt_handle().expect("a handle")).send()
    };
    queue.clock.advance(Duration::from_secs(20));
    change(30).await.expect("extended");
    queue.clock.advance(Duration::from_secs(29));
    assert!(queue.receive().await.is_empty(), "49 s after it was received");

    queue.clock.advance(Duration::from_secs(1));
    let refused = change(30).await.expect_err("it is not in flight any more").into_service_error();
    assert!(refused.is_message_not_inflight(), "{refused:?}");
}

#[tokio::test]
async fn a_handle_nobody_made_is_refused() {
    let queue = Fixture::new().await;
    let delete = queue.client.delete_message().queue_url(&queue.url).receipt_handle("made-up").send().await;
    assert!(delete.expect_err("refused").into_service_error().is_receipt_handle_is_invalid());
}

#[tokio::test]
async fn what_fails_too_often_becomes_a_dead_letter() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(2).await;
    queue.send("poison").await;
    for _ in 0..2 {
        queue.receive_one().await;
        queue.clock.advance(Duration::from_secs(30));
    }
    assert!(queue.receive_from(&dead).await.is_empty(), "it is moved by the receive after the last one allowed");
    assert!(queue.receive().await.is_empty());
    let buried = queue.receive_from(&dead).await;
    assert_eq!(bodies(&buried), ["poison"]);
}

#[tokio::test]
async fn dead_letters_are_sent_back() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(1).await;
    queue.send("poison").await;
    let first = queue.receive_one().await;
    queue.clock.advance(Duration::from_secs(30));
    assert!(queue.receive().await.is_empty());

    let start = queue.client.start_message_move_task().source_arn("arn:aws:sqs:us-east-1:000000000000:dead");
    start.send().await.expect("moved");
    assert!(queue.receive_from(&dead).await.is_empty());
    let second = queue.receive_one().await;
    assert_eq!(receive_count(&second), "1", "it is a new message");
    assert_ne!(first.message_id(), second.message_id());

    queue.delete(&first).await;
    queue.clock.advance(Duration::from_secs(30));
    queue.receive().await;
    assert_eq!(queue.receive_from(&dead).await.len(), 1, "the old handle has deleted nothing");
}

#[tokio::test]
async fn a_batch_fails_by_entry() {
    let queue = Fixture::new().await;
    let entry = |id: &str, body: &str| {
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().expect("an entry")
    };
    let send = queue.client.send_message_batch().queue_url(&queue.url);
    let answer = send.entries(entry("good", "hello")).entries(entry("bad", "\u{1}")).send().await.expect("an answer");
    assert_eq!(answer.successful()[0].id(), "good");
    assert_eq!(answer.failed()[0].id(), "bad");
    assert_eq!(answer.failed()[0].code(), "InvalidMessageContents");

    let handle = queue.receive_one().await.receipt_handle.expect("a handle");
    let entry = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().expect("an entry")
    };
    let delete = queue.client.delete_message_batch().queue_url(&queue.url);
    let deleted = delete.entries(entry("1", &handle)).entries(entry("2", "made-up")).send().await.expect("an answer");
    assert_eq!(deleted.successful()[0].id(), "1");
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");
}

#[tokio::test]
async fn a_batch_can_be_wrong_as_a_whole() {
    let queue = Fixture::new().await;
    let send = |entries: Vec<(String, String)>| {
        let entries = entries.into_iter().map(|(id, body)| {
            SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().expect("an entry")
        });
        queue.client.send_message_batch().queue_url(&queue.url).set_entries(Some(entries.collect())).send()
    };
    let numbered = |count: usize, body: &str| (0..count).map(|n| (n.to_string(), body.to_owned())).collect();

    let repeated = send(vec![("a".into(), "1".into()), ("a".into(), "2".into())]).await;
    assert!(repeated.expect_err("refused").into_service_error().is_batch_entry_ids_not_distinct());
    let many = send(numbered(11, "1")).await;
    assert!(many.expect_err("refused").into_service_error().is_too_many_entries_in_batch_request());
    let large = send(numbered(2, &"x".repeat(600 * 1024))).await;
    assert!(large.expect_err("refused").into_service_error().is_batch_request_too_long());
    let none = send(Vec::new()).await;
    assert!(none.expect_err("refused").into_service_error().is_empty_batch_request());
    assert!(queue.receive().await.is_empty(), "nothing of them was sent");
}

#[tokio::test]
async fn a_message_has_at_most_a_mebibyte() {
    let queue = Fixture::new().await;
    queue.send(&"x".repeat(1024 * 1024)).await;
    let large = "x".repeat(1024 * 1024 + 1);
    let refused = queue.client.send_message().queue_url(&queue.url).message_body(large).send().await;
    assert_eq!(refused.expect_err("refused").code(), Some("InvalidParameterValue"));
}

#[tokio::test]
async fn attributes_travel_with_a_message() {
    let queue = Fixture::new().await;
    let value = MessageAttributeValue::builder().data_type("String").string_value("blue").build().expect("a value");
    let send = queue.client.send_message().queue_url(&queue.url).message_body("hello");
    let answer = send.message_attributes("colour", value.clone()).send().await.expect("sent");

    let receive = queue.client.receive_message().queue_url(&queue.url).message_attribute_names("All");
    let received = receive.send().await.expect("an answer");
    let message = &received.messages()[0];
    assert_eq!(message.message_attributes().expect("attributes")["colour"], value);
    assert_eq!(message.md5_of_message_attributes(), answer.md5_of_message_attributes());
    assert!(message.attributes().is_none(), "nobody asked for the system's");
}

#[tokio::test]
async fn a_noisy_group_does_not_hold_up_a_quiet_one() {
    let queue = Fixture::new().await;
    for n in 0..25 {
        queue.send_in_group(&format!("noisy {n}"), "noisy").await;
    }
    assert_eq!(queue.receive().await.len(), 10, "of the noisy group, there being no other");
    queue.send_in_group("quiet", "quiet").await;
    let next = queue.receive().await;
    assert_eq!(bodies(&next)[0], "quiet", "although fifteen have waited longer");
    assert_eq!(bodies(&next)[1], "noisy 10", "the others in their order");
    let attributes = next[0].attributes().expect("attributes");
    assert_eq!(attributes[&MessageSystemAttributeName::MessageGroupId], "quiet");
}

#[tokio::test]
async fn a_queue_says_what_it_holds() {
    let queue = Fixture::new().await;
    for body in ["1", "2", "3"] {
        queue.send(body).await;
    }
    queue.client.receive_message().queue_url(&queue.url).send().await.expect("an answer");
    let get = queue.client.get_queue_attributes().queue_url(&queue.url).attribute_names(QueueAttributeName::All);
    let attributes = get.send().await.expect("an answer").attributes.expect("attributes");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "2");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "1");
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "30");

    queue.client.purge_queue().queue_url(&queue.url).send().await.expect("purged");
    queue.clock.advance(Duration::from_secs(30));
    assert!(queue.receive().await.is_empty());
}

#[tokio::test]
async fn a_queue_is_made_once_and_found_by_name() {
    let queue = Fixture::new().await;
    let found = queue.client.get_queue_url().queue_name("work").send().await.expect("a queue");
    assert_eq!(found.queue_url(), Some(queue.url.as_str()));
    let again = queue.client.create_queue().queue_name("work").send().await.expect("the same queue");
    assert_eq!(again.queue_url(), Some(queue.url.as_str()));

    let other = queue.client.create_queue().queue_name("work").attributes(QueueAttributeName::DelaySeconds, "9").send();
    assert!(other.await.expect_err("refused").into_service_error().is_queue_name_exists());
    let missing = queue.client.get_queue_url().queue_name("missing").send().await;
    assert!(missing.expect_err("refused").into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn messages_are_kept_for_their_retention() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    queue.clock.advance(Duration::from_hours(4 * 24));
    assert!(queue.receive().await.is_empty());
}

#[tokio::test]
async fn another_access_key_is_refused() {
    let queue = Fixture::new().await;
    let refused = sqs(&queue.endpoint, "AKIDSOMEBODYELSE").get_queue_url().queue_name("work").send().await;
    let refused = refused.expect_err("refused");
    assert_eq!(refused.code(), Some("InvalidClientTokenId"));
    assert_eq!(refused.raw_response().expect("a response").status().as_u16(), 403);
}
