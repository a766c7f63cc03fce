//! The files: one for each object, with a bound on their age and on the space that all of them take.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The names of files that are being written begin with this.
const UNFINISHED: &str = ".unfinished-";
const DAY: Duration = Duration::from_hours(24);

/// Objects in a folder. Clones share it.
#[derive(Debug, Clone)]
pub struct ObjectFiles {
    folder: Arc<Path>,
    most_bytes: u64,
    kept: Duration,
}

/// An object that is there.
#[derive(Debug, Clone)]
pub struct Found {
    /// When it was written
    pub written: SystemTime,
    /// Its size
    pub bytes: u64,
}

impl ObjectFiles {
    /// Keeps objects in this folder until the first midnight after so long, in UTC, as lifecycle rules of S3 do, and at
    /// most so many bytes of them.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
    pub fn open(folder: PathBuf, most_bytes: u64, kept: Duration) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        Ok(Self { folder: folder.into(), most_bytes, kept })
    }

    /// Writes an object, or writes it again. It has its name only once it is complete. It is not synchronised with the
    /// disk: its readers compare its digest.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path(name)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let unfinished = path.with_file_name(format!("{UNFINISHED}{}", Uuid::new_v4()));
        let written = File::create(&unfinished).and_then(|mut file| file.write_all(content));
        let written = written.and_then(|()| fs::rename(&unfinished, &path));
        if written.is_err() {
            // What could be written of it takes space that is short now.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    /// Reads an object.
    pub fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(name)?)
    }

    /// Looks whether an object is there.
    pub fn find(&self, name: &str) -> io::Result<Found> {
        let metadata = fs::metadata(self.path(name)?)?;
        Ok(Found { written: metadata.modified()?, bytes: metadata.len() })
    }

    /// Removes what is too old, and the oldest until the rest fits.
    pub fn sweep(&self, now: SystemTime) -> io::Result<()> {
        let mut files = Vec::new();
        for folder in fs::read_dir(&self.folder)?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
            for entry in fs::read_dir(folder)?.flatten() {
                // A file may have been replaced since it was listed.
                let Ok(metadata) = entry.metadata() else { continue };
                files.push((metadata.modified().unwrap_or(now), metadata.len(), entry.path()));
            }
        }
        files.sort_by_key(|(written, ..)| std::cmp::Reverse(*written));
        let mut bytes = 0_u64;
        for (written, size, path) in files {
            bytes = bytes.saturating_add(size);
            let is_old = written.checked_add(self.kept).is_some_and(|end| day(now) > day(end));
            if is_old || bytes > self.most_bytes {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Sweeps again and again until the shutdown.
    pub async fn keep_swept(self, every: Duration, shutdown: CancellationToken) {
        loop {
            let files = self.clone();
            let swept = tokio::task::spawn_blocking(move || files.sweep(SystemTime::now())).await;
            if let Ok(Err(error)) = swept {
                tracing::warn!(%error, "Old evidence could not be removed");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
        }
    }

    /// The file of an object. The name comes from a request, so it may name nothing outside.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let is_plain = |c: char| c.is_ascii_alphanumeric();
        if name.len() < 2 || !name.chars().all(is_plain) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the name of an object has letters and digits only",
            ));
        }
        let (folder, _) = name.split_at(2);
        Ok(self.folder.join(folder).join(name))
    }
}

/// The day of a time, in days since 1970 in UTC.
fn day(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / DAY.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str, most_bytes: u64) -> ObjectFiles {
        let folder = std::env::temp_dir().join(format!("stepcast-objects-{name}-{}", Uuid::new_v4()));
        ObjectFiles::open(folder, most_bytes, 2 * DAY).expect("a folder")
    }

    fn written(files: &ObjectFiles, name: &str, at: SystemTime, bytes: usize) {
        files.put(name, &vec![0; bytes]).expect("written");
        let file = File::options().write(true).open(files.path(name).expect("a path")).expect("a file");
        file.set_modified(at).expect("a time");
    }

    #[test]
    fn an_object_is_read_as_it_was_written_last() {
        let files = files("read", 100);
        assert_eq!(files.find("abc").expect_err("none").kind(), io::ErrorKind::NotFound);
        files.put("abc", b"one").expect("written");
        files.put("abc", b"other").expect("written");
        assert_eq!(files.get("abc").expect("an object"), b"other");
        assert_eq!(files.find("abc").expect("an object").bytes, 5);
        fs::remove_dir_all(&files.folder).expect("a folder");
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let files = files("names", 100);
        for name in ["../abc", "..", "", "a", "/etc/passwd", "ab/cd", "ab\\cd", "a.b"] {
            assert_eq!(files.get(name).expect_err(name).kind(), io::ErrorKind::InvalidInput, "{name}");
        }
        fs::remove_dir_all(&files.folder).expect("a folder");
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let (files, now) = (files("sweep", 25), SystemTime::now());
        for (name, age) in [("bb2", 90), ("bb3", 50), ("cc4", 1)] {
            written(&files, name, now - Duration::from_secs(age), 10);
        }
        files.sweep(now).expect("swept");
        let left: Vec<_> = ["bb2", "bb3", "cc4"].into_iter().filter(|name| files.find(name).is_ok()).collect();
        assert_eq!(left, ["bb3", "cc4"]);
        fs::remove_dir_all(&files.folder).expect("a folder");
    }

    #[test]
    fn an_object_goes_at_the_midnight_after_its_time() {
        let files = files("midnight", 100);
        let midnight = UNIX_EPOCH + 20_000 * DAY;
        let second = Duration::from_secs(1);
        written(&files, "early", midnight, 10);
        written(&files, "late", midnight + DAY - second, 10);
        written(&files, "next", midnight + DAY, 10);
        let left = |at| {
            files.sweep(at).expect("swept");
            ["early", "late", "next"].into_iter().filter(|name| files.find(name).is_ok()).collect::<Vec<_>>()
        };
        assert_eq!(left(midnight + 3 * DAY - second), ["early", "late", "next"]);
        assert_eq!(left(midnight + 3 * DAY), ["next"]);
        fs::remove_dir_all(&files.folder).expect("a folder");
    }

    #[test]
    fn what_was_cut_off_is_swept() {
        let (files, now) = (files("cut-off", 1_000), SystemTime::now());
        files.put("abc", b"one").expect("written");
        let folder = files.path("abc").expect("a path").with_file_name(format!("{UNFINISHED}x"));
        fs::write(&folder, "half").expect("written");
        files.sweep(now + 4 * DAY).expect("swept");
        assert!(!folder.exists());
        fs::remove_dir_all(&files.folder).expect("a folder");
    }
}
