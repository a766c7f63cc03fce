//! Requests and answers as the AWS JSON 1.0 protocol writes them.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html>

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use super::attributes::{MessageAttributes, QueueAttributes, RedrivePolicy};
use super::error::QueueError;
use super::message::{MessageCounts, NewMessage, ReceivedMessage};
use super::storage::Queue;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The account that queue URLs name.
pub(super) const ACCOUNT: &str = "000000000000";
const ARN_PREFIX: &str = "arn:aws:sqs:us-east-1:000000000000:";

/// Returns the ARN by which policies and events name a queue.
pub(crate) fn arn(queue: &str) -> String {
    format!("{ARN_PREFIX}{queue}")
}

/// The queue an ARN names. Only the last part counts: there is one account and one region here.
pub(super) fn queue_of_arn(arn: &str) -> Result<String, QueueError> {
    match arn.rsplit_once(':') {
        Some((prefix, name)) if prefix.starts_with("arn:") && !name.is_empty() => Ok(name.to_owned()),
        _ => Err(QueueError::InvalidParameterValue(format!("Value {arn} is not the ARN of a queue."))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueName {
    pub(super) queue_name: String,
    #[serde(default)]
    pub(super) attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfQueue {
    queue_url: String,
}

impl OfQueue {
    /// The queue's name: the last part of its URL, whatever host the URL names.
    pub(super) fn queue(&self) -> &str {
        self.queue_url.rsplit('/').next().unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetAttributes {
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SetAttributes {
    pub(super) attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Send {
    #[serde(rename = "MessageBody")]
    body: String,
    #[serde(rename = "MessageAttributes", default)]
    attributes: MessageAttributes,
    #[serde(rename = "MessageGroupId")]
    group: Option<String>,
    delay_seconds: Option<u64>,
}

impl From<Send> for NewMessage {
    fn from(Send { body, attributes, group, delay_seconds }: Send) -> Self {
        Self { body, attributes, group, delay: delay_seconds.map(Duration::from_secs) }
    }
}

/// A batch of entries as the operation takes them, each with an id.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", bound = "T: serde::de::DeserializeOwned")]
pub(super) struct Batch<T> {
    #[serde(default = "Vec::new")]
    pub(super) entries: Vec<Entry<T>>,
}

#[derive(Deserialize)]
#[serde(bound = "T: serde::de::DeserializeOwned")]
pub(super) struct Entry<T> {
    #[serde(rename = "Id")]
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) content: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Receive {
    pub(super) max_number_of_messages: Option<usize>,
    pub(super) visibility_timeout: Option<u64>,
    pub(super) wait_time_seconds: Option<u64>,
    /// The current name of the list below
    #[serde(default)]
    pub(super) message_system_attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) attribute_names: Vec<String>,
    #[serde(default)]
    pub(super) message_attribute_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Delete {
    pub(super) receipt_handle: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeVisibility {
    pub(super) receipt_handle: String,
    pub(super) visibility_timeout: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MoveTask {
    pub(super) source_arn: String,
    pub(super) destination_arn: Option<String>,
}

/// The outcomes of a batch's entries.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchAnswer {
    pub(super) successful: Vec<Value>,
    pub(super) failed: Vec<Value>,
}

impl BatchAnswer {
    /// Reports an entry as failed.
    pub(super) fn fail(&mut self, id: &str, error: &QueueError) {
        self.failed.push(json!({
            "Id": id,
            "Code": error.code(),
            "Message": error.to_string(),
            "SenderFault": error.is_senders_fault(),
        }));
    }
}

/// Returns the answer to the sender of a message.
pub(super) fn sent(message_id: &str, message: &NewMessage) -> Value {
    let mut answer = json!({ "MessageId": message_id, "MD5OfMessageBody": md5_of(&message.body) });
    if let Some(digest) = message.attributes.md5()
        && let Some(members) = answer.as_object_mut()
    {
        members.insert("MD5OfMessageAttributes".to_owned(), digest.into());
    }
    answer
}

/// Returns a message for its receiver, with the attributes that the receiver asked for.
pub(super) fn received(message: &ReceivedMessage, request: &Receive) -> Value {
    let mut answer = json!({
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "Body": message.body,
        "MD5OfBody": md5_of(&message.body),
    });
    let asked = |name: &str| {
        let mut names = request.message_system_attribute_names.iter().chain(&request.attribute_names);
        names.any(|asked| asked == "All" || asked == name)
    };
    let system: BTreeMap<_, _> = system_attributes(message).into_iter().filter(|(name, _)| asked(name)).collect();
    let attributes = asked_attributes(&message.attributes, &request.message_attribute_names);
    if let Some(members) = answer.as_object_mut() {
        if !system.is_empty() {
            members.insert("Attributes".to_owned(), json!(system));
        }
        if let Some(digest) = attributes.md5() {
            members.insert("MD5OfMessageAttributes".to_owned(), digest.into());
            members.insert("MessageAttributes".to_owned(), json!(attributes));
        }
    }
    answer
}

/// Returns the attributes that the queue itself gives a message.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>
pub(crate) fn system_attributes(message: &ReceivedMessage) -> BTreeMap<&'static str, String> {
    let mut attributes = BTreeMap::from([
        ("ApproximateReceiveCount", message.receive_count.to_string()),
        ("ApproximateFirstReceiveTimestamp", message.first_received_at.to_string()),
        ("SentTimestamp", message.sent_at.to_string()),
        ("SenderId", ACCOUNT.to_owned()),
    ]);
    if let Some(group) = &message.group {
        attributes.insert("MessageGroupId", group.clone());
    }
    if let Some(source) = &message.dead_letter_source {
        attributes.insert("DeadLetterQueueSourceArn", arn(source));
    }
    attributes
}

/// Attributes are asked for by name, by prefix (`foo.*`), or all of them (`All`, `.*`).
fn asked_attributes(attributes: &MessageAttributes, names: &[String]) -> MessageAttributes {
    let asked = |name: &str| {
        names.iter().any(|asked| match asked.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => asked == "All" || asked == name,
        })
    };
    MessageAttributes(
        attributes.0.iter().filter(|(name, _)| asked(name)).map(|(k, v)| (k.clone(), v.clone())).collect(),
    )
}

/// Returns the digest that SDKs compare with the body they sent or received.
pub(crate) fn md5_of(body: &str) -> String {
    format!("{:x}", md5::compute(body))
}

/// Returns the requested attributes of a queue by name.
pub(super) fn queue_attributes(
    queue: &Queue,
    counts: MessageCounts,
    names: &[String],
) -> BTreeMap<&'static str, String> {
    let seconds = |milliseconds: i64| (milliseconds / 1000).to_string();
    let mut attributes = BTreeMap::from([
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("CreatedTimestamp", seconds(queue.created_at)),
        ("DelaySeconds", seconds(queue.delay)),
        ("MaximumMessageSize", super::validation::MESSAGE_BYTES.to_string()),
        ("MessageRetentionPeriod", seconds(queue.retention)),
        ("QueueArn", arn(&queue.name)),
        ("ReceiveMessageWaitTimeSeconds", seconds(queue.receive_wait)),
        ("VisibilityTimeout", seconds(queue.visibility_timeout)),
    ]);
    if let Some(policy) = &queue.redrive {
        let policy = json!({ "deadLetterTargetArn": arn(&policy.dead_letter_queue), "maxReceiveCount": policy.max_receive_count });
        attributes.insert("RedrivePolicy", policy.to_string());
    }
    attributes.retain(|name, _| names.iter().any(|asked| asked == "All" || asked == name));
    attributes
}

/// Reads the attributes of a request. Attributes without an effect here (encryption, policies) are accepted and
/// dropped.
pub(super) fn read_attributes(given: &BTreeMap<String, String>) -> Result<QueueAttributes, QueueError> {
    let mut attributes = QueueAttributes::default();
    for (name, value) in given {
        match name.as_str() {
            "VisibilityTimeout" => attributes.visibility_timeout = Some(seconds(name, value)?),
            "DelaySeconds" => attributes.delay = Some(seconds(name, value)?),
            "ReceiveMessageWaitTimeSeconds" => attributes.receive_wait = Some(seconds(name, value)?),
            "MessageRetentionPeriod" => attributes.retention = Some(seconds(name, value)?),
            "RedrivePolicy" => attributes.redrive = Some(read_redrive_policy(value)?),
            "MaximumMessageSize" | "Policy" | "RedriveAllowPolicy" | "SqsManagedSseEnabled" | "KmsMasterKeyId" => {}
            _ => return Err(QueueError::InvalidAttributeName(name.clone())),
        }
    }
    Ok(attributes)
}

fn seconds(name: &str, value: &str) -> Result<Duration, QueueError> {
    value.parse().map(Duration::from_secs).map_err(|_| QueueError::InvalidAttributeValue(name.to_owned()))
}

fn read_redrive_policy(text: &str) -> Result<Option<RedrivePolicy>, QueueError> {
    let invalid = || QueueError::InvalidAttributeValue("RedrivePolicy".to_owned());
    if text.is_empty() {
        return Ok(None);
    }
    let policy: Value = serde_json::from_str(text).map_err(|_| invalid())?;
    let target = policy.get("deadLetterTargetArn").and_then(Value::as_str).ok_or_else(invalid)?;
    // Written as a number or as text; both are in use.
    let max = policy.get("maxReceiveCount").ok_or_else(invalid)?;
    let max = max.as_u64().or_else(|| max.as_str()?.parse().ok()).ok_or_else(invalid)?;
    let max_receive_count = u32::try_from(max).ok().filter(|max| (1..=1000).contains(max)).ok_or_else(invalid)?;
    Ok(Some(RedrivePolicy { dead_letter_queue: queue_of_arn(target)?, max_receive_count }))
}
