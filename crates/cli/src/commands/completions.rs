//! `stepcast completions`: what a shell needs to complete commands and options.

use crate::args::Arguments;
use crate::exit::Exit;
use crate::report;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

/// Prints the script for a shell.
pub(crate) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    generate(shell, &mut Arguments::command(), "stepcast", &mut script);
    report::exact(String::from_utf8_lossy(&script).trim_end());
    Exit::Passed
}
