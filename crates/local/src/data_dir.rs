//! The data directory: one process at a time.

use anyhow::{Context, bail};
use std::fs::{self, File, TryLockError};
use std::path::Path;

/// A data directory that is ours until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct DataDir {
    _lock: File,
}

impl DataDir {
    /// Makes the directory, readable by its owner only, and locks it.
    pub fn lock(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).with_context(|| format!("the data directory `{shown}` could not be made"))?;
        let lock = File::create(path.join("lock"))
            .with_context(|| format!("the data directory `{shown}` cannot be written"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "another `stepcast up` uses the data directory `{shown}`; stop it, or use another with --data-dir"
                )
            }
            Err(TryLockError::Error(error)) => {
                Err(error).context(format!("the data directory `{shown}` could not be locked"))
            }
        }
    }
}
