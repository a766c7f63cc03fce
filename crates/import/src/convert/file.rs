//! Files beside a Hurl file. A suite has no files beside it, so their contents go into it.

use super::text;
use crate::ReadFile;
use crate::hurl::Template;
use crate::notes::Unsaid;
use std::path::{Component, Path};

/// The largest file that is taken into a suite, which has at most 1 MiB itself.
const FILE_BYTES: usize = 256 * 1024;

/// The folder in which names of files are looked up; nothing outside of it is read.
pub(crate) struct Folder<'a> {
    pub path: &'a Path,
    pub read: ReadFile<'a>,
}

impl Folder<'_> {
    pub fn read(&self, name: &Template) -> Result<Vec<u8>, Unsaid> {
        let name = text::name(name)?;
        let is_inside =
            Path::new(&name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_inside {
            return Unsaid::new(format!("`{name}` is not in the folder of the Hurl file; copy it there"));
        }
        (self.read)(&self.path.join(&name), FILE_BYTES).map_err(Unsaid)
    }

    /// The contents of a file, as a template in which nothing is filled in.
    pub fn read_text(&self, name: &Template) -> Result<String, Unsaid> {
        literal_of(self.read(name)?)
    }
}

/// Bytes as a template in which nothing is filled in.
pub(super) fn literal_of(bytes: Vec<u8>) -> Result<String, Unsaid> {
    match String::from_utf8(bytes) {
        Ok(content) => Ok(text::literal(&content)),
        Err(_) => Unsaid::new("it is not UTF-8 text, and a suite can contain nothing else"),
    }
}
