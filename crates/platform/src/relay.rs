//! The relay: one process that pushes what happens to topics that many connections watch.
//!
//! Each worker that pushes by itself sends a message to each watcher. Ten workers and a thousand watchers are ten
//! thousand messages for the first second of a job. So from [`RELAYED_FROM`] watchers on, workers send the events of a
//! topic to a queue, and the function behind it pushes what came from all of them together. The queue is a FIFO queue
//! with one message group: while the messages of a group are being processed, SQS delivers no more of it, so there is
//! one relay at a time, and its pushes have a budget that it does not share.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>

use crate::error::{Error, Result};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use base64::prelude::{BASE64_STANDARD, Engine};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::time::Duration;

const SERVICE: &str = "SQS";

/// How many watchers a topic needs to be relayed.
pub const RELAYED_FROM: usize = 50;

/// The message group of all messages.
const GROUP: &str = "relay";

/// Most bytes of lines in a message. Text that nothing compresses grows by a third, and a message has at most 1 MiB.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const MOST_BYTES: usize = 512 * 1024;

/// Most bytes that are unpacked. One line may be longer than `MOST_BYTES` leaves room for.
const MOST_UNPACKED: u64 = 2 * MOST_BYTES as u64;

/// How many messages may wait before the workers send less often: two receptions of the relay.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
const MOST_WAITING: usize = 20;

/// Events of one topic for the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The topic
    pub topic: String,
    /// How long the sender collects news before it sends the next ones
    pub interval: Duration,
    /// The events, a line of JSON each
    pub lines: Vec<String>,
}

/// The first line of a message.
#[derive(Serialize, Deserialize)]
struct Head {
    topic: String,
    interval_ms: u64,
}

/// The queue of the relay.
#[derive(Clone, Debug)]
pub struct RelayQueue {
    client: Client,
    url: String,
    /// How many messages the relay may push to connections in a second, on average
    pub pushes_per_s: u32,
}

impl RelayQueue {
    pub(crate) fn new(client: Client, url: String, pushes_per_s: u32) -> Self {
        Self { client, url, pushes_per_s }
    }

    /// Sends events of a topic, in one message if they fit. On an error some may have been sent.
    pub async fn send<L: AsRef<str>>(&self, topic: &str, interval: Duration, lines: &[L]) -> Result<()> {
        let mut rest = lines;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fitting = rest.iter().take_while(|line| {
                bytes += line.as_ref().len() + 1;
                bytes <= MOST_BYTES
            });
            let (now, later) = rest.split_at(fitting.count().max(1));
            let body = pack(topic, interval, now)?;
            let request = self.client.send_message().queue_url(&self.url).message_body(body).message_group_id(GROUP);
            request.send().await.map_err(|error| Error::from_sdk(SERVICE, &error))?;
            rest = later;
        }
        Ok(())
    }

    /// Returns whether so many messages wait for the relay that no more should be sent yet.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>
    pub async fn is_behind(&self) -> Result<bool> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        let answer = request.send().await.map_err(|error| Error::from_sdk(SERVICE, &error))?;
        let waiting = answer.attributes().and_then(|attributes| attributes.get(&name)?.parse::<usize>().ok());
        Ok(waiting.is_some_and(|waiting| waiting > MOST_WAITING))
    }
}

/// Packs lines into the body of a message. Compressed, because SQS charges for each 64 KB, and because a message may not
/// have all characters that a page may have.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
fn pack<L: AsRef<str>>(topic: &str, interval: Duration, lines: &[L]) -> Result<String> {
    let unreadable = |error: &dyn std::fmt::Display| Error::unreadable("message for the relay", error);
    let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    let head = Head { topic: topic.to_owned(), interval_ms };
    let head = serde_json::to_string(&head).map_err(|error| unreadable(&error))?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for line in [head.as_str()].into_iter().chain(lines.iter().map(AsRef::as_ref)) {
        packed.write_all(line.as_bytes()).and_then(|()| packed.write_all(b"\n")).map_err(|error| unreadable(&error))?;
    }
    Ok(BASE64_STANDARD.encode(packed.finish().map_err(|error| unreadable(&error))?))
}

impl News {
    /// Reads the body of a message.
    pub fn unpack(body: &str) -> Result<Self> {
        let unreadable = |error: &dyn std::fmt::Display| Error::unreadable("message for the relay", error);
        let packed = BASE64_STANDARD.decode(body).map_err(|error| unreadable(&error))?;
        let mut text = String::new();
        let mut unpacked = GzDecoder::new(packed.as_slice()).take(MOST_UNPACKED);
        unpacked.read_to_string(&mut text).map_err(|error| unreadable(&error))?;
        let mut lines = text.lines();
        let head = lines.next().ok_or_else(|| unreadable(&"it is empty"))?;
        let Head { topic, interval_ms } = serde_json::from_str(head).map_err(|error| unreadable(&error))?;
        let lines = lines.map(str::to_owned).collect();
        Ok(Self { topic, interval: Duration::from_millis(interval_ms), lines })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_any_characters() {
        let lines = vec![r#"{"text":"\u0000 "}"#.to_owned(), "\u{fffe}\u{ffff}\u{b}\u{1f600}".to_owned()];
        let interval = Duration::from_millis(250);
        let body = pack("JOB#1", interval, &lines).expect("packed");
        assert!(body.is_ascii());
        assert_eq!(News::unpack(&body).expect("unpacked"), News { topic: "JOB#1".to_owned(), interval, lines });
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for body in ["", "{}", "bm8=", "H4sIAAAAAAAA"] {
            News::unpack(body).expect_err(body);
        }
    }
}
