//! `stepcast import`: a suite out of a Hurl file.

use crate::args::ImportArguments;
use crate::exit::Exit;
use crate::usage_error::UsageError;
use crate::{files, report};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use stepcast_suite::limits::SUITE_BYTES;

/// Writes the suite to standard output or to a file; notes about it go to standard error. If the suite lacks something
/// that the file has, the command fails, unless that is accepted: a run of the suite may be green while one of the file
/// is red.
pub(crate) fn import(arguments: &ImportArguments) -> anyhow::Result<Exit> {
    let text = files::read_named(&arguments.file, SUITE_BYTES).map_err(UsageError::new)?;
    let imported = stepcast_import::hurl(&arguments.file, &text, &files::read).map_err(|error| {
        error.notes.iter().for_each(|note| report::message(note));
        UsageError::new(error.to_string())
    })?;
    imported.notes.iter().for_each(|note| report::message(note));
    match &arguments.output {
        Some(path) => write(path, &imported.suite, arguments.force)?,
        None => report::exact(imported.suite.trim_end()),
    }
    if imported.lost == 0 || arguments.lossy {
        return Ok(Exit::Passed);
    }
    let file = arguments.file.display();
    let them = if imported.lost == 1 { "one thing is" } else { "some things are" };
    report::message(&format!("error: {them} not carried over from `{file}`"));
    report::message("\nhint: `--lossy` accepts a suite without them");
    Ok(Exit::Failed)
}

fn write(path: &Path, suite: &str, is_forced: bool) -> Result<(), UsageError> {
    let mut options = OpenOptions::new();
    options.write(true);
    if is_forced {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let written = options.open(path).and_then(|mut file| file.write_all(suite.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            UsageError::with_hint(format!("`{}` already exists", path.display()), "`--force` overwrites it")
        }
        _ => UsageError::new(format!("`{}` cannot be written: {error}", path.display())),
    })
}
