//! The queue: Amazon SQS through its SDK and through `stepcast_platform::Queue`, on the embedded one and on
//! `LocalStack` (`STEPCAST_CONTRACT_QUEUE`).

mod attributes;
mod batches;
mod dead_letters;
mod delivery;
mod platform;
mod polling;
mod queues;
mod receipts;
mod sizes;
mod visibility;

use super::elsewhere;
use super::known::Implementation;
use crate::support::{ACCESS_KEY_ID, NOON, Services, access_key, listen, platform, serve, sleeper, sqs};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityError;
use aws_sdk_sqs::operation::receive_message::builders::ReceiveMessageFluentBuilder;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::clock::HeldClock;
use stepcast_local::queue::{QueueService, server};
use stepcast_platform::{Clock, Queue};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long a received message stays hidden here. A clock that is not ours cannot be advanced, so this is as short as
/// the tests can distinguish from zero and from twice as long.
const VISIBILITY: Duration = Duration::from_secs(2);

/// Longer than a busy machine needs, and much shorter than a long poll.
const AT_ONCE: Duration = Duration::from_secs(5);

/// How much longer than expected a real clock may take.
const SLACK: Duration = Duration::from_millis(150);

/// How time passes.
enum Time {
    /// When the test says so
    Held(HeldClock),
    /// By itself
    Real,
}

impl Time {
    async fn pass(&self, time: Duration) {
        match self {
            Self::Held(clock) => clock.advance(time),
            Self::Real => sleep(time + SLACK).await,
        }
    }

    /// Milliseconds since 1970.
    fn now(&self) -> u64 {
        match self {
            Self::Held(clock) => stepcast_local::clock::Clock::now(clock).unsigned_abs(),
            Self::Real => Clock::system().now_ms(),
        }
    }
}

/// A queue for one test, and another for its dead letters.
struct Fixture {
    implementation: Implementation,
    client: Client,
    endpoint: String,
    name: String,
    url: String,
    time: Time,
    _directory: Option<TempDir>,
}

impl Fixture {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    /// Creates the queue with these attributes in addition to its visibility timeout.
    async fn with(attributes: &[(QueueAttributeName, &str)]) -> Self {
        let (implementation, endpoint, time, directory) = match elsewhere("STEPCAST_CONTRACT_QUEUE") {
            Some(endpoint) => (Implementation::LocalStack, endpoint, Time::Real, None),
            None => embedded().await,
        };
        let (client, name) = (sqs(&endpoint, ACCESS_KEY_ID), format!("work-{}", Uuid::now_v7()));
        let visibility = VISIBILITY.as_secs().to_string();
        let mut create =
            client.create_queue().queue_name(&name).attributes(QueueAttributeName::VisibilityTimeout, visibility);
        for (name, value) in attributes {
            create = create.attributes(name.clone(), *value);
        }
        let url = create.send().await.expect("a queue").queue_url.expect("its URL");
        Self { implementation, client, endpoint, name, url, time, _directory: directory }
    }

    async fn pass(&self, time: Duration) {
        self.time.pass(time).await;
    }

    /// Creates a dead-letter queue for messages that were received `max_receive_count` times, and returns its URL.
    async fn with_dead_letters(&self, max_receive_count: u32) -> String {
        let dead = self.another("dead").await;
        let target = self.arn(&dead).await;
        let policy = format!(r#"{{"deadLetterTargetArn":"{target}","maxReceiveCount":"{max_receive_count}"}}"#);
        let set = self.client.set_queue_attributes().queue_url(&self.url);
        set.attributes(QueueAttributeName::RedrivePolicy, policy).send().await.expect("a policy");
        dead
    }

    /// Creates another queue and returns its URL.
    async fn another(&self, kind: &str) -> String {
        let name = format!("{kind}-{}", self.name);
        let create = self.client.create_queue().queue_name(name);
        let created = create.attributes(QueueAttributeName::VisibilityTimeout, "2").send().await.expect("a queue");
        created.queue_url.expect("its URL")
    }

    async fn arn(&self, url: &str) -> String {
        self.attributes(url).await[&QueueAttributeName::QueueArn].clone()
    }

    async fn attributes(&self, url: &str) -> HashMap<QueueAttributeName, String> {
        let get = self.client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
        get.send().await.expect("an answer").attributes.expect("attributes")
    }

    /// Returns the queue as workers use it.
    async fn platform(&self, dead: &str) -> Queue {
        let services = Services {
            queue_endpoint: self.endpoint.clone(),
            queue_url: self.url.clone(),
            dead_letter_url: dead.to_owned(),
            ..Services::default()
        };
        platform(services, Clock::system()).await.queue
    }

    async fn send(&self, body: &str) {
        self.client.send_message().queue_url(&self.url).message_body(body).send().await.expect("sent");
    }

    fn receiving(&self, url: &str) -> ReceiveMessageFluentBuilder {
        let receive = self.client.receive_message().queue_url(url).max_number_of_messages(10);
        receive.message_system_attribute_names(MessageSystemAttributeName::All)
    }

    /// Receives the messages that are visible now.
    async fn receive(&self) -> Vec<Message> {
        self.receive_from(&self.url).await
    }

    async fn receive_from(&self, url: &str) -> Vec<Message> {
        self.receiving(url).send().await.expect("an answer").messages.unwrap_or_default()
    }

    async fn receive_one(&self) -> Message {
        self.receive_one_from(&self.url).await
    }

    async fn receive_one_from(&self, url: &str) -> Message {
        self.receive_all_from(url, 1).await.remove(0)
    }

    /// Receives `count` messages, sorted by their bodies.
    async fn receive_all(&self, count: usize) -> Vec<Message> {
        self.receive_all_from(&self.url, count).await
    }

    /// Receives `count` messages, sorted by their bodies, and waits a moment for them: a receive may miss some, and
    /// messages that come back or are moved may be late. Received messages stay hidden until this returns.
    async fn receive_all_from(&self, url: &str, count: usize) -> Vec<Message> {
        let mut received = Vec::new();
        let all = timeout(AT_ONCE, async {
            while received.len() < count {
                received.extend(self.receive_from(url).await);
                sleep(Duration::from_millis(20)).await;
            }
        });
        all.await.unwrap_or_else(|_| panic!("{count} messages should be there: {received:?}"));
        assert_eq!(received.len(), count, "{received:?}");
        received.sort_by_key(|message| message.body().map(str::to_owned));
        received
    }

    /// Starts a receiver that has found no message and waits for as long as a receiver may.
    async fn wait_for_one(&self) -> JoinHandle<Vec<Message>> {
        let receive = self.client.receive_message().queue_url(&self.url).wait_time_seconds(20);
        let waiting =
            tokio::spawn(async move { receive.send().await.expect("an answer").messages.unwrap_or_default() });
        self.until_receiver_waits().await;
        waiting
    }

    async fn until_receiver_waits(&self) {
        match &self.time {
            Time::Held(clock) => sleeper(clock).await,
            Time::Real => sleep(SLACK).await,
        }
    }

    /// Makes a message visible at once.
    async fn give_back(&self, message: &Message) -> Result<(), ChangeMessageVisibilityError> {
        self.change(message, 0).await
    }

    /// Hides a message for `seconds` from now.
    async fn change(&self, message: &Message, seconds: i32) -> Result<(), ChangeMessageVisibilityError> {
        let change = self.client.change_message_visibility().queue_url(&self.url).visibility_timeout(seconds);
        let changed = change.receipt_handle(handle(message)).send().await;
        changed.map(drop).map_err(SdkError::into_service_error)
    }

    async fn delete(&self, message: &Message) {
        self.client
            .delete_message()
            .queue_url(&self.url)
            .receipt_handle(handle(message))
            .send()
            .await
            .expect("no error");
    }
}

async fn embedded() -> (Implementation, String, Time, Option<TempDir>) {
    let (directory, clock) = (TempDir::new().expect("a directory"), HeldClock::at(NOON));
    let service = QueueService::open(directory.path().join("queue.db"), Arc::new(clock.clone())).expect("a database");
    let (listener, endpoint) = listen().await;
    serve(listener, server::router(service, access_key(), &endpoint, CancellationToken::new()));
    (Implementation::Embedded, endpoint, Time::Held(clock), Some(directory))
}

/// Returns what a waiting receiver gets, which must arrive at once.
async fn at_once<T>(waiting: JoinHandle<T>) -> T {
    timeout(AT_ONCE, waiting).await.expect("it should have come at once").expect("it does not panic")
}

/// Returns the code of an error.
fn code<T, E: ProvideErrorMetadata>(answer: &Result<T, E>) -> Option<&str> {
    answer.as_ref().err().and_then(ProvideErrorMetadata::code)
}

fn handle(message: &Message) -> &str {
    message.receipt_handle().expect("a handle")
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.body().expect("a body")).collect()
}

fn attribute<'a>(message: &'a Message, name: &MessageSystemAttributeName) -> &'a str {
    message.attributes().and_then(|attributes| attributes.get(name)).map(String::as_str).unwrap_or_default()
}

fn receive_count(message: &Message) -> &str {
    attribute(message, &MessageSystemAttributeName::ApproximateReceiveCount)
}
