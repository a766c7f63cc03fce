//! `stepcast suites`: suites stored on a server.

use crate::args::{ServerArguments, SuitesArguments, SuitesCommand};
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use crate::suite_file::SuiteFile;
use stepcast_protocol::{Command, EventBody};

/// Pushes, lists, shows or removes.
pub(crate) async fn suites(arguments: SuitesArguments) -> anyhow::Result<Exit> {
    match arguments.command {
        SuitesCommand::Push { file, name, server } => {
            let read = SuiteFile::read(&file)?;
            let shown = name.clone().unwrap_or_else(|| read.suite.name.clone());
            let (suite, suite_gz) = read.travelling();
            ask(&server, Command::PutSuite { name, suite, suite_gz }).await?;
            report::message(&format!("stored as `{shown}`; run it with `stepcast run '{shown}'`"));
        }
        SuitesCommand::List { server } => {
            if let EventBody::Suites { suites } = ask(&server, Command::ListSuites).await? {
                for suite in suites {
                    report::data(&format!("{}  {} tests  {}", suite.name, suite.tests, suite.updated_at));
                }
            }
        }
        SuitesCommand::Show { name, server } => {
            if let EventBody::Suite { suite, .. } = ask(&server, Command::GetSuite { name }).await? {
                report::data(&serde_json::to_string_pretty(&suite)?);
            }
        }
        SuitesCommand::Rm { name, server } => {
            ask(&server, Command::DeleteSuite { name: name.clone() }).await?;
            report::message(&format!("`{name}` is removed"));
        }
    }
    Ok(Exit::Passed)
}

async fn ask(server: &ServerArguments, command: Command) -> anyhow::Result<EventBody> {
    let endpoint = Endpoint::find(server)?;
    Ok(Session::open(&endpoint).await?.ask(command).await?.body)
}
