//! Long polling: a waiting receiver gets a message as soon as it arrives.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>

use super::{AT_ONCE, Fixture, VISIBILITY, at_once, bodies, code};
use aws_sdk_sqs::types::QueueAttributeName;
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn a_waiting_receiver_gets_a_new_message() {
    let queue = Fixture::new().await;
    let waiting = queue.wait_for_one().await;
    assert!(!waiting.is_finished());
    queue.send("hello").await;
    assert_eq!(bodies(&at_once(waiting).await), ["hello"]);
}

#[tokio::test]
async fn a_waiting_receiver_gets_a_delayed_message() {
    let queue = Fixture::new().await;
    let send = queue.client.send_message().queue_url(&queue.url).message_body("later").delay_seconds(2);
    send.send().await.expect("sent");
    let waiting = queue.wait_for_one().await;
    queue.pass(Duration::from_secs(2)).await;
    assert_eq!(bodies(&at_once(waiting).await), ["later"]);
}

#[tokio::test]
async fn a_waiting_receiver_gets_a_message_that_comes_back() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    queue.receive_one().await;
    let waiting = queue.wait_for_one().await;
    queue.pass(VISIBILITY).await;
    assert_eq!(bodies(&at_once(waiting).await), ["hello"]);
}

#[tokio::test]
async fn a_waiting_receiver_gets_a_returned_message() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let receive = queue.receiving(&queue.url).visibility_timeout(60);
    let message = receive.send().await.expect("an answer").messages.unwrap_or_default().remove(0);
    let waiting = queue.wait_for_one().await;
    queue.give_back(&message).await.expect("given back");
    assert_eq!(bodies(&at_once(waiting).await), ["hello"]);
}

#[tokio::test]
async fn a_receiver_does_not_wait_for_an_available_message() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let receive = queue.client.receive_message().queue_url(&queue.url).wait_time_seconds(20).max_number_of_messages(10);
    let received = timeout(AT_ONCE, receive.send()).await.expect("at once, though ten could come").expect("an answer");
    assert_eq!(bodies(received.messages()), ["hello"]);
}

#[tokio::test]
async fn a_receiver_waits_as_long_as_it_asked() {
    let queue = Fixture::new().await;
    let begun = Instant::now();
    let receive = queue.client.receive_message().queue_url(&queue.url).wait_time_seconds(3);
    let waiting = tokio::spawn(async move { receive.send().await.expect("an answer").messages });
    queue.until_receiver_waits().await;
    queue.pass(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished(), "after {:?}", begun.elapsed());
    queue.pass(Duration::from_secs(2)).await;
    assert_eq!(at_once(waiting).await.unwrap_or_default(), []);
}

#[tokio::test]
async fn a_queue_can_say_how_long_receivers_wait() {
    let queue = Fixture::with(&[(QueueAttributeName::ReceiveMessageWaitTimeSeconds, "20")]).await;
    let receive = queue.client.receive_message().queue_url(&queue.url);
    let waiting = tokio::spawn(async move { receive.send().await.expect("an answer").messages.unwrap_or_default() });
    queue.until_receiver_waits().await;
    let short = queue.client.receive_message().queue_url(&queue.url).wait_time_seconds(0).send();
    let short = timeout(AT_ONCE, short).await.expect("at once").expect("an answer");
    assert!(short.messages().is_empty(), "a wait of zero overrides the queue's");
    queue.send("hello").await;
    assert_eq!(bodies(&at_once(waiting).await), ["hello"]);
}

#[tokio::test]
async fn each_waiting_receiver_gets_one_message() {
    let queue = Fixture::new().await;
    let mut waiting = Vec::new();
    for _ in 0..4 {
        waiting.push(queue.wait_for_one().await);
    }
    for body in ["1", "2", "3", "4"] {
        queue.send(body).await;
    }
    let received: Vec<_> = join_all(waiting.into_iter().map(at_once)).await.into_iter().flatten().collect();
    let mut bodies = bodies(&received);
    bodies.sort_unstable();
    assert_eq!(bodies, ["1", "2", "3", "4"]);
}

#[tokio::test]
async fn waiting_longer_than_twenty_seconds_is_rejected() {
    let queue = Fixture::new().await;
    let refused = queue.client.receive_message().queue_url(&queue.url).wait_time_seconds(21).send().await;
    assert_eq!(code(&refused), Some("InvalidParameterValue"));
}
