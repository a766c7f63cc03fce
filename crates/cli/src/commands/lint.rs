//! `stepcast lint`: everything that is wrong with suite files, and what will not do what its author expects.

use crate::args::LintArguments;
use crate::exit::{self, Exit};
use crate::report;
use crate::suite_file::SuiteFile;
use stepcast_suite::render_json_schema;

/// Reads every file; the exit code covers all of them.
pub(crate) fn lint(arguments: &LintArguments) -> Exit {
    if arguments.schema {
        report::data(render_json_schema().trim_end());
    }
    let mut exit = Exit::Passed;
    for file in &arguments.files {
        match SuiteFile::read(file) {
            Ok(read) => {
                if let Some(warnings) = read.warnings() {
                    report::message(&warnings);
                }
                let plural = if read.suite.tests.len() == 1 { "" } else { "s" };
                report::message(&format!("{}: ok, {} test{plural}", file.display(), read.suite.tests.len()));
            }
            Err(error) => {
                exit = exit::explain(&error.into());
            }
        }
    }
    exit
}
