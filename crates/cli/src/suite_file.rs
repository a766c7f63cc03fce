//! Suite files: read whole, with every problem shown where it stands.

use crate::exit::UsageError;
use crate::report;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::Path;
use stepcast_protocol::document::Node;
use stepcast_protocol::limits::{MESSAGE_BYTES, SUITE_BYTES};
use stepcast_protocol::suite::{self, Problems, Suite};

/// Room in a message for what is not the suite.
const ENVELOPE_BYTES: usize = 32 * 1024;

/// A suite with the JSON it travels as.
pub(crate) struct SuiteFile {
    pub suite: Suite,
    pub json: Value,
}

impl SuiteFile {
    /// Reads a file; problems are shown before this returns.
    pub fn read(path: &Path) -> Result<Self, UsageError> {
        let text = read_text(path)?;
        Self::parse(&text).map_err(|problems| {
            report::message(problems.render(&path.display().to_string(), &text).trim_end());
            let count = problems.0.len();
            UsageError::new(format!("`{}` has {count} problem{}", path.display(), if count == 1 { "" } else { "s" }))
        })
    }

    /// The suite as a command carries it: whole, or packed where one message could not hold it.
    pub fn travelling(self) -> (Option<Value>, Option<String>) {
        let text = self.json.to_string();
        if text.len() + ENVELOPE_BYTES <= MESSAGE_BYTES { (Some(self.json), None) } else { (None, Some(pack(&text))) }
    }

    fn parse(text: &str) -> Result<Self, Problems> {
        let node = Node::parse(text).map_err(|error| Problems::from_syntax(&error))?;
        Ok(Self { suite: suite::read(&node)?, json: node.to_json() })
    }
}

fn read_text(path: &Path) -> Result<String, UsageError> {
    let shown = path.display();
    let size = fs::metadata(path).map_err(|error| UsageError::new(format!("`{shown}` cannot be read: {error}")))?.len();
    if size > SUITE_BYTES as u64 {
        return Err(UsageError::new(format!("`{shown}` is larger than the {SUITE_BYTES} bytes a suite may have")));
    }
    fs::read_to_string(path).map_err(|error| UsageError::new(format!("`{shown}` cannot be read: {error}")))
}

fn pack(text: &str) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    STANDARD.encode(packed)
}
