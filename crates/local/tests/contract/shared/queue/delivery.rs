//! At-least-once delivery: a message that is received and not deleted comes back.

use super::super::known::Known;
use super::{Fixture, VISIBILITY, attribute, bodies, code, handle, receive_count};
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use std::collections::HashSet;
use std::time::Duration;

#[tokio::test]
async fn a_message_is_received_once_and_deleted() {
    let queue = Fixture::new().await;
    let sent = queue.client.send_message().queue_url(&queue.url).message_body("hello").send().await.expect("sent");
    let message = queue.receive_one().await;
    assert_eq!(message.body(), Some("hello"));
    assert_eq!(message.message_id(), sent.message_id());
    assert_eq!(receive_count(&message), "1");
    assert!(queue.receive().await.is_empty(), "it is in flight");

    queue.delete(&message).await;
    queue.pass(VISIBILITY).await;
    assert!(queue.receive().await.is_empty(), "it is deleted");
}

#[tokio::test]
async fn a_message_comes_back_after_its_visibility_timeout() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let first = queue.receive_one().await;
    queue.pass(VISIBILITY / 2).await;
    assert!(queue.receive().await.is_empty(), "half of it has passed");
    queue.pass(VISIBILITY / 2).await;
    let second = queue.receive_one().await;
    assert_eq!((first.message_id(), first.body()), (second.message_id(), second.body()));
    assert_ne!(handle(&first), handle(&second), "a receipt is of one delivery");
    assert_eq!((receive_count(&first), receive_count(&second)), ("1", "2"));
    for name in
        [MessageSystemAttributeName::SentTimestamp, MessageSystemAttributeName::ApproximateFirstReceiveTimestamp]
    {
        assert_eq!(attribute(&first, &name), attribute(&second, &name));
    }
}

#[tokio::test]
async fn times_are_milliseconds() {
    let queue = Fixture::new().await;
    let before = queue.time.now();
    queue.send("hello").await;
    let message = queue.receive_one().await;
    let time = |name| attribute(&message, &name).parse::<u64>().expect("a number");
    let sent = time(MessageSystemAttributeName::SentTimestamp);
    let received = time(MessageSystemAttributeName::ApproximateFirstReceiveTimestamp);
    assert!(before <= sent + 1 && sent <= received && received <= queue.time.now() + 1, "{before} {sent} {received}");
}

#[tokio::test]
async fn a_receiver_says_for_how_long() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let receive = |seconds| queue.receiving(&queue.url).visibility_timeout(seconds).send();
    assert_eq!(receive(0).await.expect("an answer").messages().len(), 1);
    assert_eq!(receive(20).await.expect("an answer").messages().len(), 1, "it was not hidden");
    queue.pass(VISIBILITY).await;
    assert!(queue.receive().await.is_empty(), "it is hidden for longer than the queue says");

    let refused = receive(43_201).await;
    let is_refused = code(&refused) == Some("InvalidParameterValue");
    queue.implementation.assert(is_refused, Known::VisibilityHasNoEnd, refused);
}

#[tokio::test]
async fn a_receiver_gets_ten_at_most() {
    let queue = Fixture::new().await;
    for number in 0..12 {
        queue.send(&number.to_string()).await;
    }
    let receive = |most| queue.client.receive_message().queue_url(&queue.url).max_number_of_messages(most).send();
    let one = queue.client.receive_message().queue_url(&queue.url).send().await.expect("an answer");
    assert_eq!(one.messages().len(), 1, "one, where it does not say");
    let mut received: Vec<_> = one.messages.unwrap_or_default();
    for most in [3, 10] {
        let messages = receive(most).await.expect("an answer").messages.unwrap_or_default();
        assert!(messages.len() <= usize::try_from(most).expect("a number"));
        received.extend(messages);
    }
    assert_eq!(bodies(&received).into_iter().collect::<HashSet<_>>().len(), 12, "each once");
    assert_eq!(code(&receive(11).await), Some("InvalidParameterValue"));
    let none = receive(0).await;
    queue.implementation.assert(code(&none) == Some("InvalidParameterValue"), Known::NoMessagesIsOne, none);
}

#[tokio::test]
async fn a_message_can_be_sent_for_later() {
    let queue = Fixture::new().await;
    let send = |seconds| queue.client.send_message().queue_url(&queue.url).message_body("later").delay_seconds(seconds);
    send(2).send().await.expect("sent");
    assert!(queue.receive().await.is_empty());
    let attributes = queue.attributes(&queue.url).await;
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesDelayed], "1");
    queue.pass(Duration::from_secs(2)).await;
    assert_eq!(receive_count(&queue.receive_one().await), "1");

    let refused = send(901).send().await;
    let is_refused = code(&refused) == Some("InvalidParameterValue");
    queue.implementation.assert(is_refused, Known::DelayHasNoEnd, refused);
}

#[tokio::test]
async fn a_queue_has_a_default_delay() {
    let queue = Fixture::with(&[(QueueAttributeName::DelaySeconds, "2")]).await;
    queue.send("later").await;
    let send = queue.client.send_message().queue_url(&queue.url).message_body("now").delay_seconds(0);
    send.send().await.expect("sent");
    let now = queue.receive_one().await;
    assert_eq!(now.body(), Some("now"));
    queue.delete(&now).await;
    queue.pass(Duration::from_secs(2)).await;
    assert_eq!(queue.receive_one().await.body(), Some("later"));
}

#[tokio::test]
async fn a_queue_reports_its_message_counts() {
    let queue = Fixture::new().await;
    for body in ["1", "2", "3"] {
        queue.send(body).await;
    }
    queue.client.receive_message().queue_url(&queue.url).send().await.expect("an answer");
    let attributes = queue.attributes(&queue.url).await;
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "2");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "1");

    queue.client.purge_queue().queue_url(&queue.url).send().await.expect("purged");
    queue.pass(VISIBILITY).await;
    assert!(queue.receive().await.is_empty());
    let attributes = queue.attributes(&queue.url).await;
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "0");
}
