//! `--record`: writes what tests send and receive to an HTTP archive.

use crate::har::ArchiveWriter;
use crate::usage_error::UsageError;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use stepcast_engine::StepRequests;

/// Writes the requests of all tests of a command.
pub(super) struct Recorder(Mutex<Writer>);

struct Writer {
    archive: ArchiveWriter,
    /// The page of each test, by its name
    pages: HashMap<String, usize>,
}

impl Recorder {
    /// Begins the file.
    pub fn create(path: &Path) -> Result<Self, UsageError> {
        let archive = ArchiveWriter::create(path);
        let archive =
            archive.map_err(|error| UsageError::new(format!("`{}` cannot be written: {error}", path.display())))?;
        Ok(Self(Mutex::new(Writer { archive, pages: HashMap::new() })))
    }

    /// Writes the requests of a plan.
    pub fn planned(&self, suite: &str, requests: &StepRequests) {
        self.write(&format!("plan of {suite}"), "discover", 1, requests);
    }

    /// Writes the requests of a step.
    pub fn step(&self, test: &str, step: &str, attempt: u32, requests: &StepRequests) {
        self.write(test, step, attempt, requests);
    }

    /// Completes the file.
    pub fn finish(self) -> anyhow::Result<()> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).archive.finish()
    }

    fn write(&self, page: &str, step: &str, attempt: u32, requests: &StepRequests) {
        let evidence = requests.evidence(usize::MAX);
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Writer { archive, pages } = &mut *writer;
        let number = *pages.entry(page.to_owned()).or_insert_with(|| archive.page(page));
        archive.write(number, step, attempt, &evidence);
    }
}
