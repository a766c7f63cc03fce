//! The data directory: one process uses it at a time, and only its owner can access it.

use anyhow::{Context, bail};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// A data directory that this process has locked until this is dropped, or the process ends for whatever reason.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the directory and locks it. Afterwards only its owner can read it and its contents, even if it existed
    /// before.
    pub fn lock(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        fs::create_dir_all(path).with_context(|| format!("the data directory `{shown}` could not be made"))?;
        keep_private(path, 0o700)?;
        let lock = private_file(&path.join("lock"))
            .with_context(|| format!("the data directory `{shown}` cannot be written"))?;
        match lock.try_lock() {
            Ok(()) => {
                keep_files_private(path)?;
                Ok(Self { path: path.to_owned(), _lock: lock })
            }
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

    /// Returns the path of a folder in the directory, and creates it. Only its owner can read it.
    pub fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).with_context(|| format!("the folder `{}` cannot be made", path.display()))?;
        keep_private(&path, 0o700)?;
        Ok(path)
    }

    /// Returns the path of a database in the directory, and creates the file. SQLite creates files that others can
    /// read, and gives the files beside a database the mode of the database; so the database has to exist before.
    /// <https://www.sqlite.org/tempfiles.html>
    pub fn database(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        private_file(&path).with_context(|| format!("the database `{}` cannot be written", path.display()))?;
        Ok(path)
    }
}

/// Opens a file, or creates it with a mode that gives access to its owner alone.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes existing files private: those of an earlier version, or of a copy, may be readable for others.
fn keep_files_private(directory: &Path) -> anyhow::Result<()> {
    let files = fs::read_dir(directory).with_context(|| format!("`{}` cannot be listed", directory.display()))?;
    for file in files {
        let file = file.with_context(|| format!("`{}` cannot be listed", directory.display()))?;
        let name = file.file_name();
        let is_ours = name.to_str().is_some_and(is_ours);
        if is_ours && file.file_type().is_ok_and(|kind| kind.is_file()) {
            keep_private(&file.path(), 0o600)?;
        }
    }
    Ok(())
}

/// Returns whether a file belongs to Stepcast, rather than being another file in this directory.
fn is_ours(name: &str) -> bool {
    let of_database =
        |database| name.strip_prefix(database).is_some_and(|rest| matches!(rest, "" | "-wal" | "-shm" | "-journal"));
    matches!(name, "lock" | "secret" | "endpoint.json") || ["table.sqlite", "queue.sqlite"].into_iter().any(of_database)
}

#[cfg(unix)]
fn keep_private(path: &Path, mode: u32) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display();
    let metadata = fs::metadata(path).with_context(|| format!("`{shown}` cannot be looked at"))?;
    let found = metadata.permissions().mode() & 0o777;
    if found & !mode == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).with_context(|| {
        format!(
            "`{shown}` can be read by others (mode {found:04o}) and this process may not change that; make it \
             {mode:04o}, or use another directory with --data-dir"
        )
    })?;
    tracing::warn!(path = %shown, "Others could read this before (mode {found:04o}); now its owner alone can");
    Ok(())
}

#[cfg(not(unix))]
fn keep_private(_path: &Path, _mode: u32) -> anyhow::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn what_was_open_to_all_is_its_owner_s_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data");
        fs::create_dir(&path).expect("a directory");
        let names = ["table.sqlite", "table.sqlite-wal", "queue.sqlite-shm", "secret", "endpoint.json", "notes.txt"];
        for name in names {
            fs::write(path.join(name), "x").expect("a file");
            fs::set_permissions(path.join(name), fs::Permissions::from_mode(0o644)).expect("a mode");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a mode");
        let data_dir = DataDir::lock(&path).expect("locked");
        data_dir.database("queue.sqlite").expect("made");
        let modes = names.map(|name| mode(&path.join(name)));
        assert_eq!(modes, [0o600, 0o600, 0o600, 0o600, 0o600, 0o644], "what is not ours is left as it is");
        let made = ["lock", "queue.sqlite"].map(|name| mode(&path.join(name)));
        assert_eq!((mode(&path), made), (0o700, [0o600, 0o600]));
        assert_eq!(fs::read(path.join("table.sqlite")).expect("the file"), b"x");
    }
}
