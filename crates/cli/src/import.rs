//! Makes suites of files that other tools wrote: of Hurl files (<https://hurl.dev>).

mod convert;
mod hurl;
mod notes;
#[cfg(test)]
mod tests;
mod yaml;

use crate::exit::UsageError;
use crate::report;
use std::path::Path;
use stepcast_protocol::suite::{Problem, Problems, Suite};

/// Words in names of variables whose values should not show.
const OF_SECRETS: [&str; 5] = ["password", "passwd", "token", "secret", "key"];

/// A suite that was made.
pub(crate) struct Imported {
    /// As YAML
    pub suite: String,
    /// How many things of the file it does not have
    pub lost: usize,
}

/// Reads the text of a Hurl file and gives back a suite as YAML. What has to be known about it is said on the way.
pub(crate) fn hurl(path: &Path, text: &str) -> Result<Imported, UsageError> {
    let file = path.display().to_string();
    let entries = hurl::read(text).map_err(|error| not_hurl(&file, text, error))?;
    let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new(""));
    if entries.is_empty() {
        return Err(UsageError::new(format!("`{file}` has no request")));
    }
    let (converted, notes) = convert::convert(&entries, &name, folder);
    for note in notes {
        report::message(&format!("{file}:{}: {}: {}", note.at, note.kind, yaml::one_line(&note.text)));
    }
    let Some(converted) = converted else {
        return Err(UsageError::new(format!("nothing of `{file}` can be said in a suite")));
    };
    for name in &converted.unset {
        report::message(&format!("{file}: needs --var {name}=VALUE{}", advice(name)));
    }
    report::message(&format!("{file}: {}", converted.tally));
    if converted.tally.asserts == converted.tally.lost_asserts {
        report::message(&format!(
            "{file}: warning: nothing is checked, and a run in which nothing is checked is never green"
        ));
    }
    let suite = converted.suite.write();
    match Suite::parse(&suite) {
        Ok(_) => Ok(Imported { suite, lost: converted.tally.lost }),
        Err(problems) => Err(UsageError::new(format!("the suite made of `{file}` would not be good: {problems}"))),
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

fn not_hurl(file: &str, text: &str, error: hurl::SyntaxError) -> UsageError {
    let problem =
        Problem { position: Some(error.position), message: error.message, hint: error.hint, ..Problem::default() };
    report::message(Problems(vec![problem]).render(file, text).trim_end());
    UsageError::new(format!("`{file}` is not a Hurl file"))
}
