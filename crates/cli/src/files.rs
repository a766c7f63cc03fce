//! Files that are named by a suite or on the command line. They are regular files of bounded size: a named pipe may never
//! end, `/dev/zero` never does, and opening some devices does something.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;
use stepcast_suite::limits::SUITE_BYTES;

/// The paths under which the system shows open files: standard input, and what a shell puts in place of `<(command)`.
const OPEN_ALREADY: [&str; 3] = ["/dev/fd/", "/dev/stdin", "/proc/self/fd/"];

/// A regular file of at most this many bytes; the error says what it is instead and what to do.
pub(crate) fn read(path: &Path, most: usize) -> Result<Vec<u8>, String> {
    // Checked before it is opened, so that no device is; and again once it is open, because a name can come to mean
    // another file.
    check_kind(path, &fs::metadata(path).map_err(|error| unreadable(path, &error))?)?;
    let file = open(path).map_err(|error| unreadable(path, &error))?;
    check_kind(path, &file.metadata().map_err(|error| unreadable(path, &error))?)?;
    read_at_most(path, file, most)
}

/// A regular file of text.
pub(crate) fn read_text(path: &Path, most: usize) -> Result<String, String> {
    as_text(path, read(path, most)?)
}

/// A file that was named on the command line, as text. It may also be one that is open already, such as a pipe: the
/// user of `stepcast lint <(generate)` expects it to be read to its end.
pub(crate) fn read_named(path: &Path, most: usize) -> Result<String, String> {
    if !OPEN_ALREADY.iter().any(|open| path.to_string_lossy().starts_with(open)) {
        return read_text(path, most);
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !is_pipe(&metadata) {
        check_kind(path, &metadata)?;
    }
    as_text(path, read_at_most(path, file, most)?)
}

/// The text of a file that the suite, or a part of it, is made of.
pub(crate) fn read_suite_part(path: &Path) -> Result<String, String> {
    read_text(path, SUITE_BYTES)
}

fn read_at_most(path: &Path, file: File, most: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX);
    file.take(bound.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() > most {
        return Err(format!("`{}` is larger than the {most} bytes such a file may have", path.display()));
    }
    Ok(bytes)
}

fn as_text(path: &Path, bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|byte| *byte == b'\n').count();
        format!("`{}` is not UTF-8 text: line {line} has other bytes in it; save it as UTF-8", path.display())
    })
}

fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("`{}` cannot be read: {error}", path.display())
}

fn check_kind(path: &Path, metadata: &Metadata) -> Result<(), String> {
    if metadata.is_file() {
        return Ok(());
    }
    if metadata.is_dir() {
        return Err(format!("`{}` is a directory; name a file in it", path.display()));
    }
    let kind = kind_of(metadata);
    Err(format!("`{}` is {kind}; only regular files are read, so save its content in one", path.display()))
}

/// Opens a file for reading. It does not wait, even if the file has become something else since it was checked.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    use std::os::unix::fs::OpenOptionsExt;
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
fn kind_of(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn kind_of(_: &Metadata) -> &'static str {
    "something else"
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_read() {
        let folder = std::env::temp_dir();
        let pipe = folder.join(format!("stepcast-pipe-{}", std::process::id()));
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        // Opening it does not wait for a writer, in case it became a pipe just now.
        let opened = open(&pipe).map(|file| file.metadata().is_ok_and(|metadata| is_pipe(&metadata)));
        let refusal = read(&pipe, 10);
        fs::remove_file(&pipe).expect("a file");
        assert!(opened.is_ok_and(|is_pipe| is_pipe));
        let advice = "only regular files are read, so save its content in one";
        assert_eq!(refusal, Err(format!("`{}` is a named pipe; {advice}", pipe.display())));
        assert_eq!(read(Path::new("/dev/zero"), 10), Err(format!("`/dev/zero` is a device; {advice}")));
        assert!(read(&folder, 10).is_err_and(|message| message.contains("is a directory")));
    }

    #[test]
    fn no_more_is_read_than_the_bound() {
        let path = std::env::temp_dir().join(format!("stepcast-file-{}", std::process::id()));
        fs::write(&path, "0123456789").expect("a file");
        let (whole, less) = (read_text(&path, 10), read_text(&path, 9));
        fs::remove_file(&path).expect("a file");
        assert_eq!(whole.as_deref(), Ok("0123456789"));
        assert_eq!(less, Err(format!("`{}` is larger than the 9 bytes such a file may have", path.display())));
    }
}
