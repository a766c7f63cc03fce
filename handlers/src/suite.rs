//! Suites on their way in: given whole, packed or by name, and read before anything is stored.

use crate::reply::{Caller, Failure, excerpt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::io::{Read, Write};
use stepcast_protocol::command::Run;
use stepcast_protocol::document::Node;
use stepcast_protocol::suite::{self, Suite};
use stepcast_protocol::{ErrorCode, limits};

/// A suite that was read, and its JSON as it is stored.
pub(crate) struct ReadSuite {
    pub suite: Suite,
    pub packed: Vec<u8>,
}

/// The suite a run asks for.
pub(crate) async fn of_run(caller: &Caller<'_>, run: &Run) -> Result<ReadSuite, Failure> {
    match (&run.suite, &run.suite_gz) {
        (Some(Value::String(name)), None) => stored(caller, name).await,
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
    let (text, most) = (value.to_string(), caller.platform.limits.suite_bytes);
    if text.len() > most {
        let message =
            format!("the suite has {} bytes of JSON; this deployment takes {most}: make two of it", text.len());
        return Err(Failure::new(ErrorCode::TooLarge, message));
    }
    let suite = suite::read(&Node::from(value))?;
    Ok(ReadSuite { suite, packed: pack(&text)? })
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
    serde_json::from_str(&text).map_err(|error| Failure::bad_request(format!("`suite_gz` does not hold JSON: {error}")))
}

fn unpack_text(packed: &str) -> Result<Value, Failure> {
    let bytes =
        STANDARD.decode(packed).map_err(|error| Failure::bad_request(format!("`suite_gz` is not base64: {error}")))?;
    unpack(&bytes)
}

async fn stored(caller: &Caller<'_>, name: &str) -> Result<ReadSuite, Failure> {
    let found = caller.platform.table.suite(name).await?;
    let found =
        found.ok_or_else(|| Failure::new(ErrorCode::NotFound, format!("there is no suite `{}`", excerpt(name))))?;
    read(caller, &unpack(&found.suite)?)
}

fn pack(text: &str) -> Result<Vec<u8>, Failure> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    packed.map_err(|error| Failure::new(ErrorCode::Internal, format!("the suite could not be packed: {error}")))
}
