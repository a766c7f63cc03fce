//! The event source mapping, between an in-process queue and functions that the test controls.

use crate::support::{NOON, sleeper, soon};
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::clock::HeldClock;
use stepcast_local::event_source::EventSourceMapping;
use stepcast_local::queue::{MessageCounts, NewMessage, QueueAttributes, QueueService, RedrivePolicy};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An invocation that waits for the test to say how it ends.
struct Invocation {
    event: SqsEvent,
    end: oneshot::Sender<Result<SqsBatchResponse, String>>,
}

impl Invocation {
    fn bodies(&self) -> Vec<&str> {
        self.event.records.iter().filter_map(|record| record.body.as_deref()).collect()
    }

    fn id_of(&self, body: &str) -> String {
        let record = self.event.records.iter().find(|record| record.body.as_deref() == Some(body));
        record.and_then(|record| record.message_id.clone()).expect("a message of the batch")
    }

    fn succeed(self) {
        self.end.send(Ok(SqsBatchResponse::default())).expect("the mapping waits");
    }

    fn fail(self) {
        self.end.send(Err("out of order".to_owned())).expect("the mapping waits");
    }

    fn report(self, failed: &[&str]) {
        let mut response = SqsBatchResponse::default();
        for id in failed {
            response.add_failure(*id);
        }
        self.end.send(Ok(response)).expect("the mapping waits");
    }
}

/// A queue `work` that is mapped to a function of the test.
struct Fixture {
    queue: QueueService,
    clock: HeldClock,
    invocations: mpsc::UnboundedReceiver<Invocation>,
    shutdown: CancellationToken,
    mapping: JoinHandle<()>,
    directory: TempDir,
}

impl Fixture {
    async fn new(maximum_concurrency: usize) -> Self {
        let (directory, clock) = (TempDir::new().expect("a directory"), HeldClock::at(NOON));
        let queue = open(&directory, &clock);
        queue.create_queue("dead", QueueAttributes::default()).await.expect("a queue");
        let redrive = RedrivePolicy { dead_letter_queue: "dead".to_owned(), max_receive_count: 2 };
        let attributes = QueueAttributes { redrive: Some(Some(redrive)), ..QueueAttributes::default() };
        queue.create_queue("work", attributes).await.expect("a queue");
        Self::map(directory, clock, queue, maximum_concurrency)
    }

    fn map(directory: TempDir, clock: HeldClock, queue: QueueService, maximum_concurrency: usize) -> Self {
        let (begun, invocations) = mpsc::unbounded_channel();
        let function = move |event| {
            let (end, ended) = oneshot::channel();
            begun.send(Invocation { event, end }).expect("the test still runs");
            async { ended.await.unwrap_or_else(|_| Err("the test has dropped it".to_owned())) }
        };
        let mapping = EventSourceMapping {
            queue: "work".to_owned(),
            batch_size: 10,
            maximum_concurrency,
            shutdown_grace: Duration::from_secs(20),
        };
        let shutdown = CancellationToken::new();
        let mapping = tokio::spawn(mapping.run(queue.clone(), function, shutdown.clone()));
        Self { queue, clock, invocations, shutdown, mapping, directory }
    }

    async fn send(&self, bodies: &[&str]) {
        for body in bodies {
            self.queue.send("work", NewMessage::new(*body)).await.expect("sent");
        }
    }

    async fn invoked(&mut self) -> Invocation {
        soon(self.invocations.recv()).await.expect("the mapping runs")
    }

    /// Stops the mapping. When this returns, every message that had to be deleted is deleted.
    async fn stop(self) -> (QueueService, HeldClock, TempDir) {
        self.shutdown.cancel();
        soon(self.mapping).await.expect("it stops");
        (self.queue, self.clock, self.directory)
    }
}

fn open(directory: &TempDir, clock: &HeldClock) -> QueueService {
    QueueService::open(directory.path().join("queue.db"), Arc::new(clock.clone())).expect("a database")
}

async fn counts(queue: &QueueService, name: &str) -> MessageCounts {
    queue.counts(name).await.expect("counts")
}

#[tokio::test]
async fn handled_messages_are_deleted() {
    let mut fixture = Fixture::new(1).await;
    fixture.send(&["hello"]).await;
    let invocation = fixture.invoked().await;
    let record = &invocation.event.records[0];
    assert_eq!(record.body.as_deref(), Some("hello"));
    assert_eq!(record.event_source.as_deref(), Some("aws:sqs"));
    assert_eq!(record.event_source_arn.as_deref(), Some("arn:aws:sqs:us-east-1:000000000000:work"));
    assert_eq!(record.attributes["ApproximateReceiveCount"], "1");
    assert_eq!(record.md5_of_body.as_deref(), Some("5d41402abc4b2a76b9719d911017c592"));

    invocation.succeed();
    let (queue, ..) = fixture.stop().await;
    assert_eq!(counts(&queue, "work").await, MessageCounts::default());
}

#[tokio::test]
async fn only_reported_messages_come_back() {
    let mut fixture = Fixture::new(1).await;
    fixture.send(&["first"]).await;
    let first = fixture.invoked().await;
    // While the only slot is taken, both messages wait and become one batch.
    fixture.send(&["good", "bad"]).await;
    first.succeed();
    let batch = fixture.invoked().await;
    assert_eq!(batch.bodies(), ["good", "bad"]);
    let bad = batch.id_of("bad");
    batch.report(&[&bad]);

    let (queue, clock, _directory) = fixture.stop().await;
    assert_eq!(counts(&queue, "work").await, MessageCounts { in_flight: 1, ..MessageCounts::default() });
    clock.advance(Duration::from_secs(30));
    let back = queue.take("work", 10, None).await.expect("taken");
    assert_eq!(back.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["bad"]);
}

#[tokio::test]
async fn a_report_that_makes_no_sense_fails_the_batch() {
    let mut fixture = Fixture::new(1).await;
    fixture.send(&["hello"]).await;
    fixture.invoked().await.report(&["no such message"]);
    let (queue, ..) = fixture.stop().await;
    assert_eq!(counts(&queue, "work").await.in_flight, 1);
}

#[tokio::test]
async fn a_message_that_keeps_failing_becomes_a_dead_letter() {
    let mut fixture = Fixture::new(1).await;
    fixture.send(&["poison"]).await;
    for _ in 0..2 {
        fixture.invoked().await.fail();
        // The mapping waits for the message to come back.
        sleeper(&fixture.clock).await;
        fixture.clock.advance(Duration::from_secs(30));
    }
    let queue = fixture.queue.clone();
    soon(async { while counts(&queue, "dead").await.visible == 0 {} }).await;
    assert!(fixture.invocations.try_recv().is_err(), "it was not tried a third time");
}

#[tokio::test]
async fn a_function_that_panics_has_failed() {
    let (directory, clock) = (TempDir::new().expect("a directory"), HeldClock::at(NOON));
    let queue = open(&directory, &clock);
    queue.create_queue("work", QueueAttributes::default()).await.expect("a queue");
    let mapping = EventSourceMapping {
        queue: "work".to_owned(),
        batch_size: 1,
        maximum_concurrency: 1,
        shutdown_grace: Duration::from_secs(20),
    };
    let (begun, mut invocations) = mpsc::unbounded_channel();
    let function = move |event: SqsEvent| {
        let begun = begun.clone();
        async move {
            begun.send(()).expect("the test still runs");
            assert_ne!(event.records[0].body.as_deref(), Some("panic"), "this is on purpose");
            Ok::<_, String>(SqsBatchResponse::default())
        }
    };
    tokio::spawn(mapping.run(queue.clone(), function, CancellationToken::new()));
    for body in ["panic", "next"] {
        queue.send("work", NewMessage::new(body)).await.expect("sent");
        soon(invocations.recv()).await.expect("the slot is free again");
    }
}

#[tokio::test]
async fn a_few_messages_are_spread_over_the_free_slots() {
    let mut fixture = Fixture::new(3).await;
    fixture.send(&["1", "2", "3"]).await;
    let running = [fixture.invoked().await, fixture.invoked().await, fixture.invoked().await];
    assert!(running.iter().all(|invocation| invocation.bodies().len() == 1), "one for each slot");

    fixture.send(&["4"]).await;
    assert!(fixture.invocations.try_recv().is_err(), "there is no slot");
    let [first, ..] = running;
    first.succeed();
    assert_eq!(fixture.invoked().await.bodies(), ["4"], "the slot is taken as soon as it is free");
}

#[tokio::test]
async fn a_backlog_makes_full_batches() {
    let mut fixture = Fixture::new(1).await;
    fixture.send(&["first"]).await;
    let first = fixture.invoked().await;
    fixture.send(&["x"; 25]).await;
    first.succeed();
    for expected in [10, 10, 5] {
        let batch = fixture.invoked().await;
        assert_eq!(batch.bodies().len(), expected);
        batch.succeed();
    }
}

#[tokio::test]
async fn shutdown_waits_for_running_batches_and_takes_no_new_ones() {
    let mut fixture = Fixture::new(2).await;
    fixture.send(&["running"]).await;
    let running = fixture.invoked().await;
    fixture.shutdown.cancel();
    fixture.send(&["late"]).await;
    assert!(!fixture.mapping.is_finished());
    running.succeed();
    let (queue, ..) = fixture.stop().await;
    assert_eq!(counts(&queue, "work").await, MessageCounts { visible: 1, ..MessageCounts::default() });
}

#[tokio::test]
async fn a_message_held_by_a_dead_process_is_delivered_again() {
    let mut fixture = Fixture::new(1).await;
    fixture.send(&["hello"]).await;
    let invocation = fixture.invoked().await;
    fixture.mapping.abort();
    drop(invocation);

    // Opens the same file again, although the first start was not shut down in order.
    let Fixture { clock, directory, .. } = fixture;
    let queue = open(&directory, &clock);
    let mut restarted = Fixture::map(directory, clock, queue, 1);
    sleeper(&restarted.clock).await;
    assert!(restarted.invocations.try_recv().is_err(), "it is still in flight");
    restarted.clock.advance(Duration::from_secs(30));
    let again = restarted.invoked().await;
    assert_eq!(again.bodies(), ["hello"]);
    assert_eq!(again.event.records[0].attributes["ApproximateReceiveCount"], "2");
}
