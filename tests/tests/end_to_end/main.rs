//! Tests of the whole of Stepcast through its public interfaces, wherever it runs.

mod asking;
mod bad_input;
mod cancelling;
mod ci_reports;
mod command_line;
mod differences;
mod evidence;
mod finishing;
mod gateway;
mod history;
mod hostile_text;
mod import;
mod limits;
mod python_client;
mod replays;
mod revoking;
mod running;
mod secrets;
mod sharing;
mod stored_suites;
mod suite_files;
mod suites;
mod watching;
