//! Makes suites of files that other tools wrote: of Hurl files (<https://hurl.dev>).

mod convert;
mod hurl;
mod notes;
#[cfg(test)]
mod tests;
mod yaml;

use convert::Folder;
use notes::Note;
use std::fmt;
use std::path::Path;
use stepcast_suite::{Problem, Problems, Suite};

/// Words in names of variables whose values should not show.
const OF_SECRETS: [&str; 5] = ["password", "passwd", "token", "secret", "key"];

/// Reads a file of at most this many bytes beside the imported one, or says why it cannot.
pub type ReadFile<'a> = &'a dyn Fn(&Path, usize) -> Result<Vec<u8>, String>;

/// A suite that was made.
#[derive(Debug)]
pub struct Imported {
    /// As YAML
    pub suite: String,
    /// How many things of the file are missing in it
    pub lost: usize,
    /// Notes about it, one per line
    pub notes: Vec<String>,
}

/// Why no suite was made.
#[derive(Debug)]
pub struct ImportError {
    /// Notes to show first, one or more lines each
    pub notes: Vec<String>,
    message: String,
}

impl std::error::Error for ImportError {}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Makes a suite of the text of a Hurl file. Files it names are read by `read_file`.
pub fn hurl(path: &Path, text: &str, read_file: ReadFile<'_>) -> Result<Imported, ImportError> {
    let file = path.display().to_string();
    let mut notes = Vec::new();
    let fail = |notes, message| Err(ImportError { notes, message });
    let entries = match hurl::read(text) {
        Ok(entries) => entries,
        Err(error) => return fail(vec![located(&file, text, error)], format!("`{file}` is not a Hurl file")),
    };
    if entries.is_empty() {
        return fail(notes, format!("`{file}` has no request"));
    }
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    let folder = Folder { path: path.parent().unwrap_or(Path::new("")), read: read_file };
    let (converted, converting) = convert::convert(&entries, &name, folder);
    let note = |note: Note| format!("{file}:{}: {}: {}", note.at, note.kind, yaml::one_line(&note.text));
    notes.extend(converting.into_iter().map(note));
    let Some(converted) = converted else {
        return fail(notes, format!("nothing in `{file}` can be expressed in a suite"));
    };
    notes.extend(converted.unset.iter().map(|name| format!("{file}: needs --var {name}=VALUE{}", advice(name))));
    notes.push(format!("{file}: {}", converted.tally));
    if converted.tally.asserts == converted.tally.lost_asserts {
        notes.push(format!("{file}: warning: nothing is checked, and a run without checks never passes"));
    }
    let suite = converted.suite.write();
    match Suite::parse(&suite) {
        Ok(_) => Ok(Imported { suite, lost: converted.tally.lost, notes }),
        Err(problems) => fail(notes, format!("the suite made from `{file}` would not be valid: {problems}")),
    }
}

fn advice(name: &str) -> String {
    let is_secret = OF_SECRETS.iter().any(|word| name.to_lowercase().contains(word));
    if is_secret {
        format!("; to keep it from showing, write `${{secret.{name}}}` and give --secret {name}")
    } else {
        String::new()
    }
}

fn located(file: &str, text: &str, error: hurl::SyntaxError) -> String {
    let problem =
        Problem { position: Some(error.position), message: error.message, hint: error.hint, ..Problem::default() };
    Problems(vec![problem]).render(file, text).trim_end().to_owned()
}
