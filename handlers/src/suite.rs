//! Suites on their way in: given whole, packed or by name, and read before anything is stored.

use crate::commands::no_suite;
use crate::reply::{Caller, Failure, excerpt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::{Read, Write};
use stepcast_platform::clock::rfc3339;
use stepcast_protocol::command::Run;
use stepcast_protocol::document::Node;
use stepcast_protocol::event::RunningSuite;
use stepcast_protocol::suite::{self, Suite};
use stepcast_protocol::{ErrorCode, limits, number};

/// A suite that was read, and its JSON as it is stored.
pub(crate) struct ReadSuite {
    pub suite: Suite,
    pub packed: Vec<u8>,
    /// Which of the stored ones it is, if it is one
    pub stored: Option<RunningSuite>,
}

/// The suite a run asks for.
pub(crate) async fn of_run(caller: &Caller<'_>, run: &Run) -> Result<ReadSuite, Failure> {
    match (&run.suite, &run.suite_gz) {
        (Some(Value::String(name)), None) => stored(caller, name, run.version).await,
        _ if run.version.is_some() => {
            Err(Failure::bad_request("`version` is one of a stored suite; send its name as `suite`"))
        }
        (None, None) => Err(Failure::bad_request("`suite` is missing; send a suite or the name of a stored one")),
        (suite, suite_gz) => given(caller, suite.as_ref(), suite_gz.as_deref()),
    }
}

/// A suite that is given whole or packed.
pub(crate) fn given(caller: &Caller<'_>, suite: Option<&Value>, suite_gz: Option<&str>) -> Result<ReadSuite, Failure> {
    match (suite, suite_gz) {
        (Some(value @ Value::Object(_)), None) => read(caller, value),
        (None, Some(packed)) => read(caller, &unpack_text(packed)?),
        (Some(_), Some(_)) => Err(Failure::bad_request("send `suite` or `suite_gz`, not both")),
        (Some(_), None) => Err(Failure::bad_request("`suite` has to be a suite: an object")),
        (None, None) => Err(Failure::bad_request("`suite` is missing")),
    }
}

/// Reads a suite from JSON.
fn read(caller: &Caller<'_>, value: &Value) -> Result<ReadSuite, Failure> {
    let (text, most) = (number::to_text(value), caller.platform.limits.suite_bytes);
    if text.len() > most {
        let message =
            format!("the suite has {} bytes of JSON; this deployment takes {most}: make two of it", text.len());
        return Err(Failure::new(ErrorCode::TooLarge, message));
    }
    let suite = suite::read(&Node::from(value))?;
    Ok(ReadSuite { suite, packed: pack(&text)?, stored: None })
}

/// The JSON of a stored suite.
pub(crate) fn unpack(packed: &[u8]) -> Result<Value, Failure> {
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
    number::read(&text).map_err(|error| Failure::bad_request(format!("`suite_gz` does not hold JSON: {error}")))
}

fn unpack_text(packed: &str) -> Result<Value, Failure> {
    let bytes =
        STANDARD.decode(packed).map_err(|error| Failure::bad_request(format!("`suite_gz` is not base64: {error}")))?;
    unpack(&bytes)
}

/// A stored suite, in the version that is asked for. Only the newest is kept.
async fn stored(caller: &Caller<'_>, name: &str, version: Option<u64>) -> Result<ReadSuite, Failure> {
    let table = &caller.platform.table;
    let found = table.suite(name).await?.ok_or_else(|| no_suite(name))?;
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
    let read = read(caller, &unpack(&found.suite)?)?;
    table.note_use(&found).await?;
    let stored = RunningSuite { name: found.name, version: found.version, owner: found.owner };
    Ok(ReadSuite { stored: Some(stored), ..read })
}

fn pack(text: &str) -> Result<Vec<u8>, Failure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    packed.map_err(|error| Failure::new(ErrorCode::Internal, format!("the suite could not be packed: {error}")))
}
