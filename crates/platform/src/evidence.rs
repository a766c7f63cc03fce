//! What tests sent and received, in an object store: Amazon S3, or the embedded one.
//!
//! An object is named by the SHA-256 of its content, so a page that did not change is stored once a day. The store is
//! never needed for a result: a request to it has little time, and after one that failed the store is left alone for a
//! while.

use crate::clock::Clock;
use crate::config::{Config, EvidenceConfig};
use crate::error::{Error, Result};
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::{GzDecoder, GzEncoder};
use std::collections::HashMap;
use std::fmt::Write;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const SERVICE: &str = "S3";

/// How long a request to the store may take, with its retry. A result waits for it.
const REQUEST_TIME: Duration = Duration::from_secs(2);
/// How long the store is left alone after a request that failed.
const LEFT_ALONE: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_hours(24);
/// How many objects this process remembers to have seen.
const REMEMBERED: usize = 10_000;
/// Largest object that is unpacked, in bytes.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Stores evidence and reads it. Clones share what they know.
#[derive(Clone, Debug)]
pub struct EvidenceStore {
    client: Client,
    bucket: String,
    clock: Clock,
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// When objects in the store were written, in milliseconds since 1970
    seen: HashMap<String, u64>,
    /// Until when the store is left alone
    left_alone_until: u64,
}

/// A content that is ready to be stored.
#[derive(Debug, Clone)]
pub struct Packed {
    id: String,
    gzip: Bytes,
}

impl Packed {
    /// Packs a content. This takes time proportional to its size.
    pub fn new(content: &[u8]) -> Self {
        let mut gzip = Vec::new();
        // Reading from memory does not fail.
        let _ = GzEncoder::new(content, Compression::fast()).read_to_end(&mut gzip);
        Self { id: sha256(content), gzip: gzip.into() }
    }

    /// The id under which it is stored: the SHA-256 of the content, in hexadecimal.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl EvidenceStore {
    pub(crate) fn new(sdk: &SdkConfig, config: &Config, evidence: &EvidenceConfig, clock: Clock) -> Self {
        let timeout = TimeoutConfig::builder().operation_timeout(REQUEST_TIME).build();
        let mut settings = aws_sdk_s3::config::Builder::from(sdk)
            .retry_config(RetryConfig::standard().with_max_attempts(2))
            .timeout_config(timeout)
            // The id of an object is its checksum. Others would be sent as trailers, in an encoding of S3's own:
            // https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoints) = &config.endpoints {
            settings = settings.endpoint_url(&endpoints.objects).force_path_style(true);
        }
        let (client, bucket) = (Client::from_conf(settings.build()), evidence.bucket.clone());
        Self { client, bucket, clock, known: Arc::default() }
    }

    /// Stores a content that may be there already.
    pub async fn put(&self, content: &Packed) -> Result<()> {
        if self.is_known(&content.id) || self.noted(self.is_there(&content.id).await)? {
            return Ok(());
        }
        self.put_new(content).await
    }

    /// Stores a content that is not there yet.
    pub async fn put_new(&self, content: &Packed) -> Result<()> {
        self.check_not_left_alone()?;
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key(&content.id))
            .content_type("application/octet-stream")
            .content_encoding("gzip")
            .body(ByteStream::from(content.gzip.clone()))
            .send()
            .await;
        self.noted(put.map(|_| ()).map_err(|error| Error::from_sdk(SERVICE, &error)))?;
        self.note_written(&content.id, self.clock.now_ms());
        Ok(())
    }

    /// Reads a content; `None` if it is not there any more.
    pub async fn get(&self, id: &str) -> Result<Option<Bytes>> {
        let got = self.client.get_object().bucket(&self.bucket).key(key(id)).send().await;
        let object = match got {
            Ok(object) => object,
            Err(error) if has_status(&error, &[404]) => return Ok(None),
            Err(error) => return Err(Error::from_sdk(SERVICE, &error)),
        };
        let gzip = object.body.collect().await;
        let gzip =
            gzip.map_err(|error| Error::Unavailable { service: SERVICE, reason: error.to_string() })?.into_bytes();
        let id = id.to_owned();
        let unpacked = tokio::task::spawn_blocking(move || unpack(&gzip, &id)).await;
        unpacked.unwrap_or_else(|error| Err(Error::unreadable("evidence", error))).map(Some)
    }

    /// Reads a content for a test that is about to be counted: not if a request to the store has just failed.
    pub async fn get_unless_left_alone(&self, id: &str) -> Result<Option<Bytes>> {
        self.check_not_left_alone()?;
        match self.get(id).await {
            // The store works, and this object is damaged.
            Err(error @ Error::Unreadable { .. }) => Err(error),
            got => self.noted(got),
        }
    }

    /// Whether the object is in the store and was written today.
    async fn is_there(&self, id: &str) -> Result<bool> {
        self.check_not_left_alone()?;
        // S3 says of a missing object that it is forbidden if the bucket may not be listed:
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        match self.client.head_object().bucket(&self.bucket).key(key(id)).send().await {
            Ok(object) => {
                let written = object.last_modified.and_then(|time| time.to_millis().ok());
                self.note_written(id, written.and_then(|time| u64::try_from(time).ok()).unwrap_or_default());
                Ok(self.is_known(id))
            }
            Err(error) if has_status(&error, &[403, 404]) => Ok(false),
            Err(error) => Err(Error::from_sdk(SERVICE, &error)),
        }
    }

    /// Whether this process knows that the object was written today, so that it is there for as long as a job that uses
    /// it now: the store removes an object at the midnight, in UTC, after the time for which jobs are kept.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
    fn is_known(&self, id: &str) -> bool {
        let today = day(self.clock.now_ms());
        self.lock().seen.get(id).is_some_and(|written| day(*written) == today)
    }

    fn note_written(&self, id: &str, at: u64) {
        let seen = &mut self.lock().seen;
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(id.to_owned(), at);
    }

    fn check_not_left_alone(&self) -> Result<()> {
        if self.clock.now_ms() >= self.lock().left_alone_until {
            return Ok(());
        }
        Err(Error::Unavailable { service: SERVICE, reason: "a request to it has just failed".to_owned() })
    }

    /// Notes that a request failed.
    fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            let mut known = self.lock();
            let now = self.clock.now_ms();
            if known.left_alone_until <= now {
                known.left_alone_until = now + as_ms(LEFT_ALONE);
                tracing::warn!(%error, "Evidence cannot be stored; the store is left alone for half a minute");
            }
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the store answered with one of these.
fn has_status<E>(error: &SdkError<E>, statuses: &[u16]) -> bool {
    error.raw_response().is_some_and(|answer| statuses.contains(&answer.status().as_u16()))
}

fn unpack(gzip: &[u8], id: &str) -> Result<Bytes> {
    let mut content = Vec::new();
    let read = GzDecoder::new(gzip).take(MOST_BYTES).read_to_end(&mut content);
    read.map_err(|error| Error::unreadable("evidence", error))?;
    if sha256(&content) != id {
        return Err(Error::unreadable("evidence", "the object is damaged: its content has another digest"));
    }
    Ok(content.into())
}

fn key(id: &str) -> String {
    format!("evidence/{id}")
}

fn sha256(content: &[u8]) -> String {
    digest(&SHA256, content).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The day of a time, in days since 1970 in UTC.
fn day(at: u64) -> u64 {
    at / as_ms(DAY)
}

fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_unpacks_unless_it_is_damaged() {
        let packed = Packed::new(b"<p>a page</p>");
        assert_eq!(unpack(&packed.gzip, packed.id()).expect("the page"), &b"<p>a page</p>"[..]);
        let other = Packed::new(b"another");
        let damaged = unpack(&packed.gzip, other.id()).expect_err("another digest");
        assert!(damaged.to_string().contains("damaged"), "{damaged}");
        assert!(unpack(&packed.gzip[..10], packed.id()).is_err());
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = Packed::new(&vec![0; 32 * 1024 * 1024]);
        assert!(unpack(&bomb.gzip, bomb.id()).is_err());
    }
}
