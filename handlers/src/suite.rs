//! Suites that clients send: as JSON, packed or by name, and read before anything is stored.

use crate::reply::{Caller, Failure, excerpt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::NamedSuite;
use stepcast_protocol::command::Run;
use stepcast_protocol::event::RunningSuite;
use stepcast_protocol::{ErrorCode, SuiteName};
use stepcast_suite::bounds::why_not_json;
use stepcast_suite::document::Node;
use stepcast_suite::{Suite, check_variables};
use stepcast_suite::{limits, number};
use tokio::sync::Semaphore;

/// A suite that was read, and its JSON as it is stored.
pub(crate) struct ReadSuite {
    pub suite: Suite,
    pub packed: Vec<u8>,
    /// The stored suite it is, if it is one
    pub stored: Option<RunningSuite>,
}

/// How many suites are read at once. Each occupies a thread for up to a second; further ones wait without a thread.
static READING: Semaphore = Semaphore::const_new(4);

/// Reads the suite a run asks for, and checks that every name in its templates has a value from the suite, an earlier
/// step or the run.
pub(crate) async fn of_run(caller: &Caller<'_>, run: &Run) -> Result<ReadSuite, Failure> {
    let named = match (&run.suite, &run.suite_gz) {
        (Some(Value::String(name)), None) => {
            let name: SuiteName = name.parse().map_err(|error| Failure::bad_request(format!("`suite`: {error}")))?;
            Some(stored(caller, name.as_str(), run.version).await?)
        }
        _ if run.version.is_some() => {
            return Err(Failure::bad_request("`version` is for stored suites; send the name of one as `suite`"));
        }
        (None, None) => {
            return Err(Failure::bad_request("`suite` is missing; send a suite or the name of a stored one"));
        }
        _ => None,
    };
    let given = match &named {
        Some(named) => Given::Stored(named.suite.clone()),
        None => Given::of(run.suite.as_ref(), run.suite_gz.as_deref())?,
    };
    let most = caller.platform.limits.suite_bytes;
    let (vars, secrets) = (names(&run.vars), names(&run.secrets));
    let read = aside(move || {
        let read = given.read(most)?;
        let (vars, secrets) = (vars.iter().map(String::as_str), secrets.iter().map(String::as_str));
        check_variables(&read.suite, vars, secrets)?;
        Ok(read)
    })
    .await?;
    let Some(named) = named else { return Ok(read) };
    caller.platform.table.note_use(&named).await?;
    let stored = RunningSuite { name: named.name, version: named.version, owner: named.owner };
    Ok(ReadSuite { stored: Some(stored), ..read })
}

/// Reads a suite that is given as JSON or packed, or a stored one by its name.
pub(crate) async fn named_or_given(
    caller: &Caller<'_>,
    suite: Option<&Value>,
    suite_gz: Option<String>,
) -> Result<ReadSuite, Failure> {
    let (Some(Value::String(name)), None) = (suite, &suite_gz) else {
        return given(caller, suite, suite_gz.as_deref()).await;
    };
    let name: SuiteName = name.parse().map_err(|error| Failure::bad_request(format!("`suite`: {error}")))?;
    let (named, most) = (stored(caller, name.as_str(), None).await?, caller.platform.limits.suite_bytes);
    let given = Given::Stored(named.suite.clone());
    let read = aside(move || given.read(most)).await?;
    caller.platform.table.note_use(&named).await?;
    let stored = RunningSuite { name: named.name, version: named.version, owner: named.owner };
    Ok(ReadSuite { stored: Some(stored), ..read })
}

/// Reads a suite that is given as JSON or packed.
pub(crate) async fn given(
    caller: &Caller<'_>,
    suite: Option<&Value>,
    suite_gz: Option<&str>,
) -> Result<ReadSuite, Failure> {
    let (given, most) = (Given::of(suite, suite_gz)?, caller.platform.limits.suite_bytes);
    aside(move || given.read(most)).await
}

/// Unpacks the JSON of a stored suite.
pub(crate) async fn unpack(packed: Vec<u8>) -> Result<Value, Failure> {
    aside(move || unpack_here(&packed)).await
}

/// Works on a suite on a thread where it blocks no other task. The work is done when this returns.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    // The semaphore is never closed.
    let _place = READING.acquire().await;
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        tracing::error!(%error, "A suite could not be read");
        Err(Failure::new(ErrorCode::Internal, "the suite could not be read; the log says why"))
    })
}

fn names(values: &BTreeMap<String, String>) -> Vec<String> {
    values.keys().cloned().collect()
}

/// A suite as it was given.
enum Given {
    Whole(Value),
    /// Gzip in Base64
    Packed(String),
    Stored(Vec<u8>),
}

impl Given {
    fn of(suite: Option<&Value>, suite_gz: Option<&str>) -> Result<Self, Failure> {
        match (suite, suite_gz) {
            (Some(value @ Value::Object(_)), None) => Ok(Self::Whole(value.clone())),
            (None, Some(packed)) => Ok(Self::Packed(packed.to_owned())),
            (Some(_), Some(_)) => Err(Failure::bad_request("send `suite` or `suite_gz`, not both")),
            (Some(_), None) => Err(Failure::bad_request("`suite` has to be a suite: an object")),
            (None, None) => Err(Failure::bad_request("`suite` is missing")),
        }
    }

    fn read(self, most: usize) -> Result<ReadSuite, Failure> {
        read(&self.into_json()?, most)
    }

    fn into_json(self) -> Result<Value, Failure> {
        match self {
            Self::Whole(value) => Ok(value),
            Self::Packed(text) => unpack_text(&text),
            Self::Stored(packed) => unpack_here(&packed),
        }
    }
}

/// Reads a suite from JSON of at most `most` bytes.
fn read(value: &Value, most: usize) -> Result<ReadSuite, Failure> {
    let text = number::to_text(value);
    if text.len() > most {
        let message =
            format!("the suite has {} bytes of JSON; this deployment accepts at most {most}: split it", text.len());
        return Err(Failure::new(ErrorCode::TooLarge, message));
    }
    let suite = stepcast_suite::read(&Node::from(value))?;
    Ok(ReadSuite { suite, packed: pack(&text)?, stored: None })
}

fn unpack_here(packed: &[u8]) -> Result<Value, Failure> {
    let mut text = String::new();
    let most = u64::try_from(limits::SUITE_BYTES).unwrap_or(u64::MAX);
    GzDecoder::new(packed)
        .take(most + 1)
        .read_to_string(&mut text)
        .map_err(|error| Failure::bad_request(format!("`suite_gz` is not gzip of UTF-8 text: {error}")))?;
    if text.len() > limits::SUITE_BYTES {
        return Err(Failure::new(
            ErrorCode::TooLarge,
            format!("the suite is larger than {} bytes", limits::SUITE_BYTES),
        ));
    }
    number::read(&text)
        .map_err(|error| Failure::bad_request(format!("`suite_gz` does not contain JSON: {}", why_not_json(&error))))
}

fn unpack_text(packed: &str) -> Result<Value, Failure> {
    let bytes =
        STANDARD.decode(packed).map_err(|error| Failure::bad_request(format!("`suite_gz` is not base64: {error}")))?;
    unpack_here(&bytes)
}

/// Reads a stored suite in the requested version. Only the newest is kept.
async fn stored(caller: &Caller<'_>, name: &str, version: Option<u64>) -> Result<NamedSuite, Failure> {
    let found = caller.platform.table.suite(name).await?.ok_or_else(|| no_suite(name))?;
    if let Some(version) = version.filter(|version| *version != found.version) {
        let by = found.stored_by.map_or_else(String::new, |by| format!(" by `{by}`"));
        return Err(Failure::new(
            ErrorCode::Conflict,
            format!(
                "you asked for version {version} of the suite `{}`, and only the newest is kept: version {}, stored{by} at \
                 {}; look at that one, then ask for it",
                excerpt(name),
                found.version,
                rfc3339(found.updated_at)
            ),
        ));
    }
    Ok(found)
}

fn pack(text: &str) -> Result<Vec<u8>, Failure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    packed.map_err(|error| Failure::new(ErrorCode::Internal, format!("the suite could not be packed: {error}")))
}

pub(crate) fn no_suite(name: &str) -> Failure {
    Failure::new(ErrorCode::NotFound, format!("there is no suite `{}`", excerpt(name)))
}
