//! The queues themselves.

use super::super::known::Known;
use super::{Fixture, code};
use aws_sdk_sqs::types::QueueAttributeName;

#[tokio::test]
async fn a_queue_is_made_once_and_found_by_name() {
    let queue = Fixture::new().await;
    let found = queue.client.get_queue_url().queue_name(&queue.name).send().await.expect("a queue");
    assert_eq!(found.queue_url(), Some(queue.url.as_str()));
    let create = || queue.client.create_queue().queue_name(&queue.name);
    let again = create().attributes(QueueAttributeName::VisibilityTimeout, "2").send().await.expect("the same queue");
    assert_eq!(again.queue_url(), Some(queue.url.as_str()));
    let other = create().attributes(QueueAttributeName::VisibilityTimeout, "9").send().await;
    assert!(other.expect_err("refused").into_service_error().is_queue_name_exists());
}

#[tokio::test]
async fn a_queue_has_a_name() {
    let queue = Fixture::new().await;
    for name in ["", "a b", "ä", &"a".repeat(81)] {
        let refused = queue.client.create_queue().queue_name(name).send().await;
        refused.expect_err("letters, digits, hyphens and underscores, at most 80");
    }
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_an_error() {
    let queue = Fixture::new().await;
    let (name, url) = (format!("{}-x", queue.name), format!("{}-x", queue.url));
    let get = queue.client.get_queue_url().queue_name(name).send().await;
    assert!(get.expect_err("refused").into_service_error().is_queue_does_not_exist());
    let send = queue.client.send_message().queue_url(&url).message_body("hello").send().await;
    assert!(send.expect_err("refused").into_service_error().is_queue_does_not_exist());
    let receive = queue.client.receive_message().queue_url(&url).wait_time_seconds(20).send().await;
    assert!(receive.expect_err("refused").into_service_error().is_queue_does_not_exist());
    let purge = queue.client.purge_queue().queue_url(&url).send().await;
    assert!(purge.expect_err("refused").into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn attributes_can_be_changed() {
    let queue = Fixture::new().await;
    let set = queue.client.set_queue_attributes().queue_url(&queue.url);
    let set = set.attributes(QueueAttributeName::VisibilityTimeout, "77");
    set.attributes(QueueAttributeName::MessageRetentionPeriod, "3600").send().await.expect("changed");
    let attributes = queue.attributes(&queue.url).await;
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "77");
    assert_eq!(attributes[&QueueAttributeName::MessageRetentionPeriod], "3600");
    assert_eq!(attributes[&QueueAttributeName::DelaySeconds], "0");
    assert!(attributes[&QueueAttributeName::QueueArn].ends_with(&format!(":{}", queue.name)));

    let get = queue.client.get_queue_attributes().queue_url(&queue.url);
    let one = get.attribute_names(QueueAttributeName::DelaySeconds).send().await.expect("an answer");
    assert_eq!(one.attributes().map(std::collections::HashMap::len), Some(1), "only what was asked for");
}

#[tokio::test]
async fn attributes_have_limits() {
    let queue = Fixture::new().await;
    let set = |name, value| queue.client.set_queue_attributes().queue_url(&queue.url).attributes(name, value).send();
    for (name, value) in [
        (QueueAttributeName::VisibilityTimeout, "43201"),
        (QueueAttributeName::DelaySeconds, "901"),
        (QueueAttributeName::ReceiveMessageWaitTimeSeconds, "21"),
        (QueueAttributeName::MessageRetentionPeriod, "59"),
        (QueueAttributeName::MessageRetentionPeriod, "1209601"),
    ] {
        let refused = set(name.clone(), value).await;
        let is_refused = code(&refused) == Some("InvalidAttributeValue");
        queue.implementation.assert(is_refused, Known::AttributesHaveNoEnd, (name, value, refused));
    }
    set(QueueAttributeName::RedrivePolicy, "{}").await.expect_err("it names no queue");
}
