//! `stepcast lint`: everything that is wrong with suite files.

use crate::args::LintArguments;
use crate::exit::Exit;
use crate::report;
use crate::suite_file::SuiteFile;
use stepcast_protocol::suite::{Suite, check_variables};

/// Reads every file; the exit code speaks for all of them.
pub(crate) fn lint(arguments: &LintArguments) -> Exit {
    let mut exit = Exit::Passed;
    for file in &arguments.files {
        match SuiteFile::read(file) {
            Ok(read) => {
                warn(&file.display().to_string(), &read.suite);
                report::message(&format!("{}: ok, {} tests", file.display(), read.suite.tests.len()));
            }
            Err(error) => {
                report::message(&format!("error: {error}"));
                exit = Exit::Usage;
            }
        }
    }
    exit
}

/// What is not wrong, but will not do what somebody hopes.
fn warn(file: &str, suite: &Suite) {
    if let Err(problems) = check_variables(suite, [], []) {
        for problem in problems.0 {
            report::message(&format!("{file}: warning: {problem}"));
        }
    }
    for test in suite.tests.iter().filter(|test| test.only) {
        report::message(&format!(
            "{file}: warning: `{}` says `only`, so tests that do not are skipped; it is meant for writing tests",
            test.name
        ));
    }
    for test in suite.tests.iter().filter(|test| !test.skip && test.steps.iter().all(|step| step.expect.is_empty())) {
        report::message(&format!(
            "{file}: warning: `{}` has no check; a run in which nothing is checked is never green",
            test.name
        ));
    }
}
