//! The embedded queue, beyond the shared suite: its file, its clock, its fairness, its shutdown and its access key.

use crate::support::{ACCESS_KEY_ID, NOON, access_key, listen, serve, sleeper, soon, sqs};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::clock::HeldClock;
use stepcast_local::queue::{QueueService, server};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A queue `work` with a visibility timeout of 30 s, served, on a stopped clock.
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

    async fn send(&self, body: &str) {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.expect("sent");
    }

    async fn send_in_group(&self, body: &str, group: &str) {
        let send = self.client.send_message().queue_url(&self.url).message_body(body).message_group_id(group);
        send.send().await.expect("sent");
    }

    async fn receive(&self) -> Vec<Message> {
        let receive = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let received = receive.message_system_attribute_names(MessageSystemAttributeName::All).send().await;
        received.expect("an answer").messages.unwrap_or_default()
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
async fn a_message_comes_back_on_the_second() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let first = &queue.receive().await[0];
    assert_eq!(first.attributes().expect("attributes")[&MessageSystemAttributeName::SentTimestamp], NOON.to_string());
    queue.clock.advance(Duration::from_secs(29));
    assert!(queue.receive().await.is_empty());
    queue.clock.advance(Duration::from_secs(1));
    assert_eq!(receive_count(&queue.receive().await[0]), "2");
}

#[tokio::test]
async fn a_message_outlives_the_process() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    queue.receive().await;

    // Nothing was shut down in order, so the file is as a killed process leaves it.
    let (client, _) = serve_queue(queue.directory.path(), &queue.clock, &queue.shutdown).await;
    let restarted = Fixture { client, ..queue };
    assert!(restarted.receive().await.is_empty(), "still in flight");
    restarted.clock.advance(Duration::from_secs(30));
    assert_eq!(receive_count(&restarted.receive().await[0]), "2");
}

#[tokio::test]
async fn messages_are_kept_for_their_retention() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    queue.clock.advance(Duration::from_hours(4 * 24));
    assert!(queue.receive().await.is_empty());
}

#[tokio::test]
async fn a_waiting_receiver_does_not_hold_up_shutdown() {
    let queue = Fixture::new().await;
    let receive = queue.client.receive_message().queue_url(&queue.url).wait_time_seconds(20);
    let waiting = tokio::spawn(async move { receive.send().await.expect("an answer").messages.unwrap_or_default() });
    sleeper(&queue.clock).await;
    queue.shutdown.cancel();
    assert!(soon(waiting).await.expect("received").is_empty());
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
}

#[tokio::test]
async fn another_access_key_is_refused() {
    let queue = Fixture::new().await;
    let refused = sqs(&queue.endpoint, "AKIDSOMEBODYELSE").get_queue_url().queue_name("work").send().await;
    let refused = refused.expect_err("refused");
    assert_eq!(refused.code(), Some("InvalidClientTokenId"));
    assert_eq!(refused.raw_response().expect("a response").status().as_u16(), 403);
}
