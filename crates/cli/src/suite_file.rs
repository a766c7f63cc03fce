//! Suite files: read whole, with every problem shown at its place.
//!
//! The parts that a suite takes from other files are put in here, so that the suite that travels to a server is
//! complete.

mod certificates;
mod include;
mod load;
mod places;
mod sources;
mod tables;

use crate::usage_error::UsageError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use load::Loader;
pub(crate) use places::Places;
use serde_json::Value;
use sources::Sources;
use std::io::Write;
use std::path::{Path, PathBuf};
use stepcast_protocol::limits::MESSAGE_BYTES;
use stepcast_suite::Suite;
use stepcast_suite::bounds::PROBLEMS;
use stepcast_suite::document::Node;
use stepcast_suite::limits::SUITE_BYTES;
use stepcast_suite::number;

/// Room in a message for everything but the suite.
const ENVELOPE_BYTES: usize = 32 * 1024;

/// A suite with the JSON it travels as.
pub(crate) struct SuiteFile {
    pub suite: Suite,
    pub json: Value,
    node: Node,
    sources: Sources,
}

/// What names a suite on the command line.
pub(crate) enum Named {
    /// A file that exists
    File(Box<SuiteFile>),
    /// Anything else: the name of a stored suite
    Stored(String),
}

impl Named {
    /// Reads a file, unless the text is the name of a stored suite.
    pub fn read(text: &str) -> Result<Self, UsageError> {
        let path = Path::new(text);
        if path.exists() {
            return SuiteFile::read(path).map(|file| Self::File(Box::new(file)));
        }
        if path.extension().is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known)) {
            return Err(UsageError::new(format!("there is no file `{text}`")));
        }
        Ok(Self::Stored(text.to_owned()))
    }
}

impl SuiteFile {
    /// Reads a file and those it names. An error has all problems.
    pub fn read(path: &Path) -> Result<Self, UsageError> {
        let mut loader = Loader::default();
        let node = loader.load(path)?;
        let json = node.to_json();
        let read = stepcast_suite::read(&node).map_err(|problems| loader.problems.extend(problems.0)).ok();
        match read.filter(|_| !loader.has_problems()) {
            Some(_) if number::to_text(&json).len() > SUITE_BYTES => Err(UsageError::new(format!(
                "`{}` is larger than the {SUITE_BYTES} bytes a suite may have, with the files it names",
                path.display()
            ))),
            Some(suite) => Ok(Self { suite, json, node, sources: loader.sources }),
            None => {
                let rendered = loader.render_problems();
                let count = loader.problems.len();
                let plural = if count == 1 { "" } else { "s" };
                let more = if count >= PROBLEMS { " or more" } else { "" };
                let message = format!("`{}` has {count} problem{plural}{more}", path.display());
                Err(UsageError::with_problems(message, rendered.trim_end()))
            }
        }
    }

    /// The file and those it names, also if there are problems with it.
    pub fn files(path: &Path) -> Vec<PathBuf> {
        let mut loader = Loader::default();
        // What is wrong with it is reported when it runs.
        let _ = loader.load(path);
        let mut files = loader.named;
        files.push(path.to_owned());
        files
    }

    /// What is valid in it but will not do what its author expects, rendered for people.
    pub fn warnings(&self) -> Option<String> {
        let is_shared = |position| !self.sources.is_in_first(position);
        let warnings = stepcast_suite::lint(&self.node, &self.suite, is_shared);
        let rendered: String = warnings.iter().map(|warning| self.sources.render(warning)).collect();
        (!rendered.is_empty()).then(|| rendered.trim_end().to_owned())
    }

    /// The suite as a command carries it: whole, or packed if one message could not hold it.
    pub fn travelling(self) -> (Option<Value>, Option<String>) {
        let text = number::to_text(&self.json);
        if text.len() + ENVELOPE_BYTES <= MESSAGE_BYTES { (Some(self.json), None) } else { (None, Some(pack(&text))) }
    }

    /// The places of what is in it, for reports that name them from the root of the repository.
    pub fn places(&self, root: Option<PathBuf>) -> Places {
        Places::new(&self.suite, &self.node, &self.sources, root)
    }
}

fn pack(text: &str) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    STANDARD.encode(packed)
}
