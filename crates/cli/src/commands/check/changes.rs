//! `--watch`: notices when a file is saved.
//!
//! The files are looked at several times a second. A watcher of the system's would have to follow every way in which
//! editors save: in place, under another name that is then renamed, on a file system that reports nothing.

use crate::args::CheckArguments;
use crate::suite_file::SuiteFile;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_millis(200);

/// The files of a command, and how they were when they were last looked at.
pub(super) struct Changes {
    suites: Vec<PathBuf>,
    recording: Option<PathBuf>,
    seen: Vec<(PathBuf, Version)>,
}

/// When a file was changed and how long it is, or nothing if it does not exist.
type Version = Option<(SystemTime, u64)>;

impl Changes {
    /// Notes how the files are now.
    pub fn new(arguments: &CheckArguments) -> Self {
        let mut this = Self { suites: arguments.files.clone(), recording: arguments.from.clone(), seen: Vec::new() };
        this.note();
        this
    }

    /// Waits until a file is saved. A file that was saved after the last call counts.
    pub async fn next(&mut self) {
        while self.seen.iter().all(|(path, seen)| version(path) == *seen) {
            tokio::time::sleep(EVERY).await;
        }
        self.note();
    }

    fn note(&mut self) {
        let files: BTreeSet<PathBuf> =
            self.suites.iter().flat_map(|suite| SuiteFile::files(suite)).chain(self.recording.clone()).collect();
        self.seen = files.into_iter().map(|path| (path.clone(), version(&path))).collect();
    }
}

fn version(path: &Path) -> Version {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
