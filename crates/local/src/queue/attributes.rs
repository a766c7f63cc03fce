//! The attributes of queues and of messages.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How a queue behaves. `None` leaves the value as it is, or at its default for a new queue.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueAttributes {
    /// How long a received message stays hidden (default 30 s)
    pub visibility_timeout: Option<Duration>,
    /// How long a sent message stays hidden (default 0)
    pub delay: Option<Duration>,
    /// How long `ReceiveMessage` waits when the request does not say (default 0)
    pub receive_wait: Option<Duration>,
    /// How long a message is kept (default 4 days)
    pub retention: Option<Duration>,
    /// The policy for messages that were received too often; `Some(None)` removes it
    pub redrive: Option<Option<RedrivePolicy>>,
}

/// The policy for messages that were received too often.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedrivePolicy {
    /// The name of the dead-letter queue
    pub dead_letter_queue: String,
    /// How often a message may be received before it is moved there
    pub max_receive_count: u32,
}

/// A message's attributes by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageAttributes(pub BTreeMap<String, MessageAttribute>);

/// One value that is sent with a message's body, as the protocol writes it.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, and perhaps a label behind a dot
    pub data_type: String,
    /// The value of a `String` or `Number`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// The value of a `Binary`, in base64
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
}

impl MessageAttribute {
    fn value(&self) -> Vec<u8> {
        match (&self.string_value, &self.binary_value) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(binary)) => BASE64_STANDARD.decode(binary).unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }
}

impl MessageAttributes {
    /// Returns the bytes that count against the message's size limit.
    pub fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.data_type.len() + value.value().len()).sum()
    }

    /// Returns the digest that SDKs compare, if there are any attributes: names in order, every part after its length.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation>
    pub fn md5(&self) -> Option<String> {
        const TEXT: u8 = 1;
        const BINARY: u8 = 2;
        let mut digest = md5::Context::new();
        for (name, attribute) in &self.0 {
            consume_measured(&mut digest, name.as_bytes());
            consume_measured(&mut digest, attribute.data_type.as_bytes());
            digest.consume([if attribute.string_value.is_some() { TEXT } else { BINARY }]);
            consume_measured(&mut digest, &attribute.value());
        }
        (!self.0.is_empty()).then(|| format!("{:x}", digest.compute()))
    }
}

fn consume_measured(digest: &mut md5::Context, bytes: &[u8]) {
    // A message has at most 1 MiB, so its parts can be measured by 32 bits.
    digest.consume(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    digest.consume(bytes);
}
