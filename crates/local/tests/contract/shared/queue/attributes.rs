//! The attributes of messages, and the digests that SDKs compare.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>

use super::{Fixture, attribute, bodies};
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{Message, MessageAttributeValue, MessageSystemAttributeName};

fn text(data_type: &str, value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type(data_type).string_value(value).build().expect("a value")
}

fn binary(value: &[u8]) -> MessageAttributeValue {
    let value = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new(value));
    value.build().expect("a value")
}

/// Another program computed the digests from AWS's description.
const ALL: &str = "fc6f511e7881be39b05ae4860ff99082";
const COLOURS: &str = "5f7a3f0573d2dc614feed39089337216";

impl Fixture {
    /// Sends a message with an attribute of each kind and returns their digest.
    async fn send_attributed(&self) -> String {
        let send = self.client.send_message().queue_url(&self.url).message_body("grün");
        let send = send.message_attributes("colour.name", text("String", "grün"));
        let send = send.message_attributes("colour.hue", text("Number.int", "120"));
        let sent = send.message_attributes("icon", binary(&[0, 255, 1])).send().await.expect("sent");
        assert_eq!(sent.md5_of_message_body(), Some("7b934a60ddc07b8f5b1134c03430bba6"));
        sent.md5_of_message_attributes().expect("a digest").to_owned()
    }

    async fn receive_with(&self, names: &[&str]) -> Message {
        let receive = self.client.receive_message().queue_url(&self.url).visibility_timeout(0);
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let received = receive.set_message_attribute_names(Some(names)).send().await.expect("an answer");
        received.messages.unwrap_or_default().remove(0)
    }
}

fn names(message: &Message) -> Vec<&str> {
    let mut names: Vec<_> = message.message_attributes().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn attributes_travel_with_a_message() {
    let queue = Fixture::new().await;
    assert_eq!(queue.send_attributed().await, ALL);
    let message = queue.receive_with(&["All"]).await;
    let attributes = message.message_attributes().expect("attributes");
    assert_eq!(attributes["colour.name"], text("String", "grün"));
    assert_eq!(attributes["colour.hue"], text("Number.int", "120"));
    assert_eq!(attributes["icon"], binary(&[0, 255, 1]));
    assert_eq!(message.md5_of_message_attributes(), Some(ALL));
    assert_eq!(message.md5_of_body(), Some("7b934a60ddc07b8f5b1134c03430bba6"));
    assert!(message.attributes().is_none(), "the system's attributes were not requested");
}

#[tokio::test]
async fn a_receiver_gets_the_attributes_it_asks_for() {
    let queue = Fixture::new().await;
    queue.send_attributed().await;
    assert_eq!(names(&queue.receive_with(&["icon"]).await), ["icon"]);
    let colours = queue.receive_with(&["colour.*"]).await;
    assert_eq!(names(&colours), ["colour.hue", "colour.name"]);
    assert_eq!(colours.md5_of_message_attributes(), Some(COLOURS), "of those it gets");
    assert_eq!(names(&queue.receive_with(&[".*"]).await).len(), 3);
    let none = queue.receive_with(&["missing"]).await;
    assert!(none.message_attributes().is_none() && none.md5_of_message_attributes().is_none());
}

#[tokio::test]
async fn a_group_comes_back_and_holds_up_nothing() {
    let queue = Fixture::new().await;
    for body in ["1", "2", "3"] {
        let send = queue.client.send_message().queue_url(&queue.url).message_body(body).message_group_id("job-1");
        send.send().await.expect("sent");
    }
    queue.send("none").await;
    let mut received = Vec::new();
    for _ in 0..4 {
        let one = queue.receiving(&queue.url).max_number_of_messages(1).send().await.expect("an answer");
        received.extend(one.messages.unwrap_or_default());
    }
    received.sort_by_key(|message| message.body().map(str::to_owned));
    assert_eq!(bodies(&received), ["1", "2", "3", "none"], "those of one group are in flight side by side");
    let groups: Vec<_> =
        received.iter().map(|message| attribute(message, &MessageSystemAttributeName::MessageGroupId)).collect();
    assert_eq!(groups, ["job-1", "job-1", "job-1", ""]);
}

#[tokio::test]
async fn a_receiver_gets_the_system_attributes_it_requests() {
    let queue = Fixture::new().await;
    queue.send("hello").await;
    let receive = |name| {
        let receive = queue.client.receive_message().queue_url(&queue.url).visibility_timeout(0);
        receive.message_system_attribute_names(name).send()
    };
    let one = receive(MessageSystemAttributeName::ApproximateReceiveCount).await.expect("an answer");
    let one = one.messages()[0].attributes().expect("attributes");
    assert_eq!((one.len(), one[&MessageSystemAttributeName::ApproximateReceiveCount].as_str()), (1, "1"));
    let all = receive(MessageSystemAttributeName::All).await.expect("an answer");
    let all = all.messages()[0].attributes().expect("attributes");
    for name in [
        MessageSystemAttributeName::ApproximateReceiveCount,
        MessageSystemAttributeName::ApproximateFirstReceiveTimestamp,
        MessageSystemAttributeName::SentTimestamp,
        MessageSystemAttributeName::SenderId,
    ] {
        assert!(all.contains_key(&name), "{name:?} in {all:?}");
    }
}
