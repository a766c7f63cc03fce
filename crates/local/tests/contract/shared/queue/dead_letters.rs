//! Messages that fail too often become dead letters, and can be moved back.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>

use super::super::known::Known;
use super::{AT_ONCE, Fixture, VISIBILITY, attribute, bodies, receive_count};
use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName};
use std::time::Duration;
use tokio::time::{sleep, timeout};

impl Fixture {
    /// Sends a message and lets it fail until it is a dead letter.
    async fn bury(&self, body: &str, times: u32) {
        self.send(body).await;
        for _ in 0..times {
            let message = self.receive_one().await;
            self.give_back(&message).await.expect("given back");
        }
        assert!(self.receive().await.is_empty(), "it was received as often as it may be");
    }

    /// Returns the message that was received too often, and checks that receivers of the queue no longer get it.
    async fn buried(&self, dead: &str) -> Message {
        let buried = timeout(AT_ONCE, async {
            loop {
                assert!(self.receive().await.is_empty(), "it was received as often as it may be");
                if let Some(message) = self.receive_from(dead).await.pop() {
                    return message;
                }
                sleep(Duration::from_millis(20)).await;
            }
        });
        buried.await.expect("it should be a dead letter by now")
    }
}

#[tokio::test]
async fn a_message_received_too_often_becomes_a_dead_letter() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(2).await;
    queue.send("poison").await;
    let mut first = None;
    for expected in ["1", "2"] {
        let message = queue.receive_one().await;
        assert_eq!(receive_count(&message), expected);
        first.get_or_insert(message.message_id().expect("an id").to_owned());
        queue.pass(VISIBILITY).await;
    }
    assert!(queue.receive_from(&dead).await.is_empty(), "it is moved by the receive after the last one allowed");
    let buried = queue.buried(&dead).await;
    assert_eq!((buried.body(), buried.message_id()), (Some("poison"), first.as_deref()), "it stays the same message");
    let source = attribute(&buried, &MessageSystemAttributeName::DeadLetterQueueSourceArn);
    assert_eq!(source, queue.arn(&queue.url).await);
}

#[tokio::test]
async fn a_message_deleted_in_time_is_no_dead_letter() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(1).await;
    queue.send("fine").await;
    let message = queue.receive_one().await;
    queue.delete(&message).await;
    queue.pass(VISIBILITY).await;
    assert!(queue.receive().await.is_empty() && queue.receive_from(&dead).await.is_empty());
}

#[tokio::test]
async fn a_receiver_gets_the_others() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(1).await;
    queue.send("poison").await;
    queue.receive_one().await;
    queue.pass(VISIBILITY).await;
    queue.send("fine").await;
    assert_eq!(bodies(&queue.receive().await), ["fine"]);
    assert_eq!(queue.buried(&dead).await.body(), Some("poison"));
}

#[tokio::test]
async fn dead_letters_are_sent_back() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(1).await;
    let value = MessageAttributeValue::builder().data_type("String").string_value("blue").build().expect("a value");
    let send = queue.client.send_message().queue_url(&queue.url).message_body("poison").message_group_id("group");
    let sent = send.message_attributes("colour", value.clone()).send().await.expect("sent");
    let first = queue.receive_one().await;
    queue.give_back(&first).await.expect("given back");
    assert!(queue.receive().await.is_empty());

    let start = queue.client.start_message_move_task().source_arn(queue.arn(&dead).await);
    assert!(start.send().await.expect("begun").task_handle().is_some());
    queue.until_moved(&dead).await;
    let received = queue.receiving(&queue.url).message_attribute_names("All").send().await.expect("an answer");
    let [second] = received.messages() else { panic!("it is back: {received:?}") };
    assert_eq!(second.body(), Some("poison"));
    let is_new = (second.message_id() != sent.message_id(), receive_count(second) == "1");
    queue.implementation.assert(is_new == (true, true), Known::WhatIsMovedStaysTheSame, second);
    assert_eq!(second.message_attributes().expect("attributes")["colour"], value);
    assert_eq!(attribute(second, &MessageSystemAttributeName::MessageGroupId), "group");
    assert!(queue.receive_from(&dead).await.is_empty());

    if !queue.implementation.has(Known::WhatIsMovedStaysTheSame) {
        // A receipt from before the move belongs to another message.
        queue.delete(&first).await;
        queue.give_back(second).await.expect("given back");
        assert_eq!(queue.buried(&dead).await.body(), Some("poison"), "it failed again, so it was still there");
    }
}

#[tokio::test]
async fn dead_letters_can_be_sent_elsewhere() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(1).await;
    let other = queue.another("other").await;
    queue.bury("poison", 1).await;
    let start = queue.client.start_message_move_task().source_arn(queue.arn(&dead).await);
    start.destination_arn(queue.arn(&other).await).send().await.expect("begun");
    assert_eq!(queue.receive_one_from(&other).await.body(), Some("poison"));
    assert!(queue.receive().await.is_empty() && queue.receive_from(&dead).await.is_empty());
}

#[tokio::test]
async fn only_dead_letters_are_sent_back() {
    let queue = Fixture::new().await;
    queue.with_dead_letters(1).await;
    queue.send("alive").await;
    let start = |arn| queue.client.start_message_move_task().source_arn(arn).send();
    let arn = queue.arn(&queue.url).await;
    start(arn.clone()).await.expect_err("it is no dead-letter queue");
    assert_eq!(queue.receive_one().await.body(), Some("alive"));
    let missing = start(format!("{arn}-missing")).await.expect_err("it is no queue").into_service_error();
    assert!(missing.is_resource_not_found_exception(), "{missing:?}");
}

#[tokio::test]
async fn workers_send_dead_letters_back() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(2).await;
    for body in ["1", "2", "3"] {
        queue.bury(body, 2).await;
    }
    queue.platform(&dead).await.redrive().await.expect("begun");
    queue.until_moved(&dead).await;
    assert_eq!(bodies(&queue.receive_all(3).await), ["1", "2", "3"]);
    queue.platform(&dead).await.redrive().await.expect("nothing to do is no error");
}

#[tokio::test]
async fn a_policy_can_be_changed_and_removed() {
    let queue = Fixture::new().await;
    let dead = queue.with_dead_letters(5).await;
    let policy = queue.attributes(&queue.url).await[&QueueAttributeName::RedrivePolicy].clone();
    let policy: serde_json::Value = serde_json::from_str(&policy).expect("JSON");
    assert_eq!(policy["deadLetterTargetArn"], queue.arn(&dead).await);
    assert_eq!(policy["maxReceiveCount"].to_string().trim_matches('"'), "5");

    let remove = queue.client.set_queue_attributes().queue_url(&queue.url);
    remove.attributes(QueueAttributeName::RedrivePolicy, "").send().await.expect("removed");
    assert!(!queue.attributes(&queue.url).await.contains_key(&QueueAttributeName::RedrivePolicy));
}

impl Fixture {
    /// Waits until the dead-letter queue is empty: a move is an asynchronous task.
    async fn until_moved(&self, dead: &str) {
        timeout(AT_ONCE, async {
            while self.attributes(dead).await[&QueueAttributeName::ApproximateNumberOfMessages] != "0" {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("the messages should have been moved");
    }
}
