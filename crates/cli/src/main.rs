//! The `stepcast` command: runs suites of page tests and shows every step live.

mod args;
mod client;
mod commands;
mod endpoint;
mod exit;
mod files;
mod har;
mod interrupts;
#[cfg(unix)]
mod open_files;
#[cfg(unix)]
mod priority;
mod report;
mod suite_file;
mod usage_error;

use args::{Arguments, Command};
use clap::Parser;
use exit::Exit;
use std::process::ExitCode;
use tokio::runtime::Runtime;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    #[cfg(unix)]
    if matches!(arguments.command, Command::Up(_)) {
        priority::let_others_go_first();
    }
    let runtime = match Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return exit::explain(&error.into()).into(),
    };
    let exit = runtime.block_on(carry_out(arguments.command)).unwrap_or_else(|error| exit::explain(&error));
    // Does not wait for a thread that is busy with a page that was given up.
    runtime.shutdown_background();
    exit.into()
}

async fn carry_out(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Up(arguments) => commands::up::up(arguments).await,
        Command::Run(arguments) => commands::run::run(arguments).await,
        Command::Check(arguments) => commands::check::check(arguments).await,
        Command::Watch(arguments) => commands::watch::watch(arguments).await,
        Command::Jobs(arguments) => commands::jobs::jobs(arguments).await,
        Command::Evidence(arguments) => commands::evidence::evidence(arguments).await,
        Command::History(arguments) => commands::history::history(arguments).await,
        Command::Cancel(arguments) => commands::cancel::cancel(arguments).await,
        Command::Replay(arguments) => commands::replay::replay(arguments).await,
        Command::Suites(arguments) => commands::suites::suites(arguments).await,
        Command::Share(arguments) => commands::share::share(arguments).await,
        Command::Token(arguments) => commands::token::token(arguments).await,
        Command::Init(arguments) => commands::init::init(arguments).await,
        Command::Fmt(arguments) => Ok(commands::fmt::fmt(&arguments)?),
        Command::Lint(arguments) => Ok(commands::lint::lint(&arguments)),
        Command::Import(arguments) => commands::import::import(&arguments),
        Command::Completions { shell } => Ok(commands::completions::completions(shell)),
        Command::ManualPages { folder } => commands::manual_pages::manual_pages(&folder),
    }
}
