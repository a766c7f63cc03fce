//! Checks requests before they reach the database.

use super::attributes::QueueAttributes;
use super::error::QueueError;
use super::message::{NewMessage, ReceiveRequest};
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Largest message, and largest sum of the messages of a batch, in bytes.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
pub(super) const MESSAGE_BYTES: usize = 1024 * 1024;
/// Most entries of a batch, and most messages one receive gets (same page).
pub(super) const BATCH_ENTRIES: usize = 10;
/// Longest visibility timeout (same page).
const VISIBILITY_TIMEOUT: Duration = Duration::from_hours(12);
/// Longest delay (same page).
const DELAY: Duration = Duration::from_mins(15);
/// Longest long poll (same page).
const RECEIVE_WAIT: Duration = Duration::from_secs(20);
/// How long messages may be kept.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
const RETENTION: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(14 * 24);
/// Longest batch entry id and longest queue name (same page).
const NAME_CHARS: usize = 80;

/// Checks one message by itself.
pub(super) fn message(message: &NewMessage) -> Result<(), QueueError> {
    if message.body.is_empty() {
        return Err(invalid("The request must contain the parameter MessageBody."));
    }
    if message.size() > MESSAGE_BYTES {
        return Err(invalid(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {MESSAGE_BYTES} bytes."
        )));
    }
    if !message.body.chars().all(is_allowed) {
        return Err(QueueError::InvalidMessageContents);
    }
    message.delay.map_or(Ok(()), |delay| at_most("DelaySeconds", delay, DELAY))
}

/// Checks a receiver's request.
pub(super) fn receive(request: &ReceiveRequest) -> Result<(), QueueError> {
    if !(1..=BATCH_ENTRIES).contains(&request.max_messages) {
        let value = request.max_messages;
        return Err(invalid(format!(
            "Value {value} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
        )));
    }
    request.wait.map_or(Ok(()), |wait| at_most("WaitTimeSeconds", wait, RECEIVE_WAIT))?;
    request.visibility_timeout.map_or(Ok(()), visibility_timeout)
}

/// Checks how long a message is to stay hidden.
pub(super) fn visibility_timeout(timeout: Duration) -> Result<(), QueueError> {
    at_most("VisibilityTimeout", timeout, VISIBILITY_TIMEOUT)
}

/// Checks the attributes of a queue.
pub(super) fn attributes(attributes: &QueueAttributes) -> Result<(), QueueError> {
    let QueueAttributes { visibility_timeout, delay, receive_wait, retention, redrive: _ } = attributes;
    for (name, value, allowed) in [
        ("VisibilityTimeout", visibility_timeout, Duration::ZERO..=VISIBILITY_TIMEOUT),
        ("DelaySeconds", delay, Duration::ZERO..=DELAY),
        ("ReceiveMessageWaitTimeSeconds", receive_wait, Duration::ZERO..=RECEIVE_WAIT),
        ("MessageRetentionPeriod", retention, RETENTION),
    ] {
        if value.is_some_and(|value| !allowed.contains(&value)) {
            return Err(QueueError::InvalidAttributeValue(name.to_owned()));
        }
    }
    Ok(())
}

/// Checks the name of a new queue.
pub(super) fn queue_name(name: &str) -> Result<(), QueueError> {
    if is_name(name) {
        return Ok(());
    }
    Err(invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"))
}

/// Checks the number and the ids of a batch's entries. An error here fails the whole batch.
pub(super) fn batch<'a>(ids: impl ExactSizeIterator<Item = &'a str>) -> Result<(), QueueError> {
    match ids.len() {
        0 => return Err(QueueError::EmptyBatchRequest),
        1..=BATCH_ENTRIES => {}
        more => return Err(QueueError::TooManyEntriesInBatchRequest(more)),
    }
    let mut seen = HashSet::new();
    for id in ids {
        if !is_name(id) {
            return Err(QueueError::InvalidBatchEntryId);
        }
        if !seen.insert(id) {
            return Err(QueueError::BatchEntryIdsNotDistinct(id.to_owned()));
        }
    }
    Ok(())
}

/// Checks the total size of a batch's messages.
pub(super) fn batch_size(sent: usize) -> Result<(), QueueError> {
    if sent > MESSAGE_BYTES {
        return Err(QueueError::BatchRequestTooLong { limit: MESSAGE_BYTES, sent });
    }
    Ok(())
}

fn at_most(parameter: &str, value: Duration, limit: Duration) -> Result<(), QueueError> {
    if value <= limit {
        return Ok(());
    }
    let (value, limit) = (value.as_secs(), limit.as_secs());
    Err(invalid(format!("Value {value} for parameter {parameter} is invalid. Reason: Must be between 0 and {limit}.")))
}

fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Returns whether a message may contain the character: SQS allows the characters of XML 1.0.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn invalid(reason: impl Into<String>) -> QueueError {
    QueueError::InvalidParameterValue(reason.into())
}
