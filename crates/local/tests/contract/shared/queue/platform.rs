//! `stepcast_platform::Queue`: how work reaches workers.

use super::{Fixture, VISIBILITY, attribute, handle};
use crate::support::id;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use std::collections::BTreeSet;
use std::time::Duration;
use stepcast_platform::{Error, Work};

/// A visibility timeout as long as a function may run.
const FUNCTION: [(QueueAttributeName, &str); 1] = [(QueueAttributeName::VisibilityTimeout, "900")];

fn batch(number: u32) -> Work {
    Work::Batch { job: id(&format!("job-{}", number % 3)), plan: 1, batch: number }
}

fn work(message: &Message) -> Work {
    serde_json::from_str(message.body().expect("a body")).expect("work")
}

#[tokio::test]
async fn work_is_sent_in_the_group_of_its_job() {
    let queue = Fixture::new().await;
    let plan = Work::Plan { job: id("job-1") };
    queue.platform(&queue.url).await.send(&plan).await.expect("sent");
    let message = queue.receive_one().await;
    assert_eq!(work(&message), plan);
    assert_eq!(attribute(&message, &MessageSystemAttributeName::MessageGroupId), "job-1");
}

#[tokio::test]
async fn much_work_is_sent_in_batches() {
    let queue = Fixture::with(&FUNCTION).await;
    let all: Vec<_> = (0..95).map(batch).collect();
    queue.platform(&queue.url).await.send_all(&all).await.expect("sent");
    let received = queue.receive_all(95).await;
    let mut numbers = BTreeSet::new();
    for message in &received {
        let work = work(message);
        assert_eq!(attribute(message, &MessageSystemAttributeName::MessageGroupId), work.job().as_str());
        let Work::Batch { batch: number, .. } = work else { panic!("only batches were sent") };
        assert_eq!(work, batch(number));
        numbers.insert(number);
    }
    assert_eq!(numbers.len(), 95, "each once");
    queue.platform(&queue.url).await.send_all(&[]).await.expect("nothing to send is no error");
}

#[tokio::test]
async fn a_worker_keeps_its_message_and_gives_it_back() {
    let queue = Fixture::new().await;
    let workers = queue.platform(&queue.url).await;
    workers.send(&batch(1)).await.expect("sent");
    let message = queue.receive_one().await;
    workers.change_visibility(handle(&message), Duration::from_mins(1)).await.expect("kept");
    queue.pass(VISIBILITY).await;
    assert!(queue.receive().await.is_empty());
    workers.change_visibility(handle(&message), Duration::ZERO).await.expect("given back");
    queue.receive_one().await;
}

#[tokio::test]
async fn a_batch_is_hidden_for_as_long_as_its_lease() {
    let queue = Fixture::with(&FUNCTION).await;
    let workers = queue.platform(&queue.url).await;
    workers.send_all(&(0..12).map(batch).collect::<Vec<_>>()).await.expect("sent");
    let received = queue.receive_all(12).await;
    queue.delete(&received[11]).await;
    // More messages than one request takes, and one of them is deleted.
    let handles: Vec<_> = received.iter().map(handle).collect();
    workers.change_visibility_of_all(&handles, VISIBILITY).await.expect("no error for one that is gone");
    assert!(queue.receive().await.is_empty());
    queue.pass(VISIBILITY).await;
    queue.receive_all(11).await;
}

#[tokio::test]
async fn rejections_by_the_queue_are_reported_as_refused() {
    let queue = Fixture::new().await;
    let workers = queue.platform(&queue.url).await;
    let refused = workers.change_visibility("made-up", Duration::ZERO).await;
    assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");

    let nowhere = Fixture { url: format!("{}-x", queue.url), ..queue };
    let workers = nowhere.platform(&nowhere.url).await;
    for answer in [workers.send(&batch(1)).await, workers.send_all(&[batch(1)]).await, workers.redrive().await] {
        assert!(matches!(answer, Err(Error::Refused { .. })), "{answer:?}");
    }
}
