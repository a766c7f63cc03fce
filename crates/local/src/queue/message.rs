//! Messages as they are sent, received and counted.

use super::attributes::MessageAttributes;
use std::time::Duration;

/// A message to be sent.
#[derive(Debug, Clone, Default)]
pub struct NewMessage {
    /// What the receiver gets
    pub body: String,
    /// The attributes sent with the body
    pub attributes: MessageAttributes,
    /// The tenant the message belongs to, for fair order between tenants
    pub group: Option<String>,
    /// How long it stays hidden at first; the queue's own delay if `None`
    pub delay: Option<Duration>,
}

impl NewMessage {
    /// A message with nothing but a body.
    pub fn new(body: impl Into<String>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }

    /// Returns the bytes that count against the size limit: the body, and the names, types and values of the
    /// attributes.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
    pub fn size(&self) -> usize {
        self.body.len() + self.attributes.size()
    }
}

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMessage {
    /// The id the queue gave it
    pub message_id: String,
}

/// A receiver's request.
#[derive(Debug, Clone, Copy)]
pub struct ReceiveRequest {
    /// Most messages to receive, 1 to 10
    pub max_messages: usize,
    /// How long no other receiver gets them; the queue's own visibility timeout if `None`
    pub visibility_timeout: Option<Duration>,
    /// How long to wait for the first (long polling); the queue's own wait if `None`
    pub wait: Option<Duration>,
}

impl Default for ReceiveRequest {
    fn default() -> Self {
        Self { max_messages: 1, visibility_timeout: None, wait: None }
    }
}

/// A message in flight: no other receiver gets it until its visibility timeout has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMessage {
    /// The id the queue gave it when it was sent
    pub message_id: String,
    /// The handle to delete it with; a new one each time it is received
    pub receipt_handle: String,
    /// What was sent
    pub body: String,
    /// The attributes sent with the body
    pub attributes: MessageAttributes,
    /// The tenant it belongs to
    pub group: Option<String>,
    /// When it was sent, in milliseconds since the epoch
    pub sent_at: i64,
    /// When it was first received, in milliseconds since the epoch
    pub first_received_at: i64,
    /// How often it was received, this time included
    pub receive_count: u32,
    /// The queue it failed in, if this is a dead-letter queue
    pub dead_letter_source: Option<String>,
}

/// How many messages a queue holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Ready to be received
    pub visible: u64,
    /// Received and not deleted yet
    pub in_flight: u64,
    /// Sent with a delay that has not passed
    pub delayed: u64,
}

/// Identifies one delivery of a message: its row and its receive count. A later delivery makes it stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) row: i64,
    pub(super) receive_count: i64,
}

impl Receipt {
    /// Returns the handle that clients get. It is opaque to them.
    pub(super) fn to_handle(self) -> String {
        use base64::prelude::{BASE64_URL_SAFE, Engine};
        BASE64_URL_SAFE.encode(format!("{}/{}", self.row, self.receive_count))
    }

    /// Returns the delivery that a handle names, if one of these queues made the handle.
    pub(super) fn from_handle(handle: &str) -> Option<Self> {
        use base64::prelude::{BASE64_URL_SAFE, Engine};
        let text = String::from_utf8(BASE64_URL_SAFE.decode(handle).ok()?).ok()?;
        let (row, receive_count) = text.split_once('/')?;
        Some(Self { row: row.parse().ok()?, receive_count: receive_count.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_its_delivery() {
        let receipt = Receipt { row: 7, receive_count: 2 };
        assert_eq!(Receipt::from_handle(&receipt.to_handle()), Some(receipt));
        assert_eq!(Receipt::from_handle("not a handle"), None);
        assert_eq!(Receipt::from_handle(""), None);
    }
}
