//! `stepcast init`: a first suite for an address, from what is found there.

mod found;
mod look;
mod suite;

use super::check::check;
use super::fmt::format;
use crate::args::{CheckArguments, InitArguments};
use crate::exit::Exit;
use crate::report;
use crate::usage_error::UsageError;
use found::Found;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use url::Url;

/// Looks at the page, writes the suite, runs it, and says what to do next.
pub(crate) async fn init(arguments: InitArguments) -> anyhow::Result<Exit> {
    let found: Found = match look::look(&arguments.address).await? {
        Ok(found) => found,
        Err(reason) => {
            report::message(&format!("error: {} cannot be looked at: {reason}", arguments.address));
            return Ok(Exit::Unknown);
        }
    };
    let path = arguments.file.unwrap_or_else(|| file_for(&found.page));
    write(&path, &format(&path, &suite::render(&found))?)?;
    report::message(&format!("wrote {}", path.display()));
    if !(200..300).contains(&found.status) {
        report::message(&format!("note: {} answers {}, and the suite expects that", found.page, found.status));
    }
    let exit = check(CheckArguments { files: vec![path.clone()], ..CheckArguments::default() }).await?;
    report::message(&next(&path));
    Ok(exit)
}

/// Editors know the schema of files with this ending.
fn file_for(page: &Url) -> PathBuf {
    let host = page.host_str().unwrap_or("suite").trim_matches(['[', ']']).replace(':', "-");
    PathBuf::from(format!("{host}.stepcast.yaml"))
}

/// Writes a file that does not exist yet.
fn write(path: &Path, text: &str) -> Result<(), UsageError> {
    let written =
        OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            UsageError::with_hint(format!("`{}` exists", path.display()), "name another file, behind the address")
        }
        _ => UsageError::new(format!("`{}` cannot be written: {error}", path.display())),
    })
}

fn next(path: &Path) -> String {
    let file = path.display();
    format!(
        "\nnext:\n  edit {file}; `stepcast check {file} --watch` runs it whenever you save\n  \
         `stepcast check {file} --record page.har`, then `--from page.har`, judges a saved page without the site\n  \
         `stepcast up`, then `stepcast run {file}`, shows every step live to all who watch"
    )
}
