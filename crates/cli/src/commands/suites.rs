//! `stepcast suites`: suites stored on a server.

use crate::args::{ServerArguments, SuitesArguments, SuitesCommand};
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use crate::suite_file::SuiteFile;
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::event::StoredSuite;
use stepcast_protocol::{Command, EventBody};
use stepcast_suite::number;

/// Pushes, lists, shows or removes.
pub(crate) async fn suites(arguments: SuitesArguments) -> anyhow::Result<Exit> {
    match arguments.command {
        SuitesCommand::Push { file, name, owner, server } => {
            let read = SuiteFile::read(&file)?;
            let shown = name.clone().unwrap_or_else(|| read.suite.name.clone());
            let (suite, suite_gz) = read.travelling();
            ask(&server, Command::PutSuite { name, suite, suite_gz, owner }).await?;
            report::message(&format!("stored as `{shown}`; run it with `stepcast run '{shown}'`"));
        }
        SuitesCommand::List { server } => list(&server).await?,
        SuitesCommand::Show { name, server } => {
            let answer = ask(&server, Command::GetSuite { name }).await?;
            if let EventBody::Suite { suite, version, updated_at, owner, stored_by, .. } = answer {
                report::json(&number::shown(&serde_json::to_string_pretty(&suite)?));
                report::message(&provenance(version, &updated_at, owner.as_deref(), stored_by.as_deref()));
            }
        }
        SuitesCommand::Rm { name, server } => {
            ask(&server, Command::DeleteSuite { name: name.clone() }).await?;
            report::message(&format!("`{name}` is removed"));
        }
    }
    Ok(Exit::Passed)
}

/// Page by page, since there may be more than one answer holds.
async fn list(server: &ServerArguments) -> anyhow::Result<()> {
    let mut session = Session::open(&Endpoint::find(server)?).await?;
    let mut query = PageQuery::default();
    loop {
        let answer = session.ask(Command::ListSuites(query)).await?;
        let EventBody::Suites { suites, cursor } = answer.body else { return Ok(()) };
        for suite in suites {
            let StoredSuite { name, tests, updated_at, version, owner, stored_by } = suite;
            let provenance = provenance(version, &updated_at, owner.as_deref(), stored_by.as_deref());
            report::data(&report::one_line(&format!("{name}  {tests} tests  {provenance}")));
        }
        if cursor.is_none() {
            return Ok(());
        }
        query = PageQuery { cursor, limit: None };
    }
}

/// Which version a suite is, and whose.
fn provenance(version: u64, at: &str, owner: Option<&str>, stored_by: Option<&str>) -> String {
    let owner = owner.map_or_else(|| "no owner".to_owned(), |owner| format!("of {owner}"));
    let by = stored_by.map_or_else(String::new, |by| format!(" by {by}"));
    format!("version {version}  {owner}  stored {at}{by}")
}

async fn ask(server: &ServerArguments, command: Command) -> anyhow::Result<EventBody> {
    let endpoint = Endpoint::find(server)?;
    Ok(Session::open(&endpoint).await?.ask(command).await?.body)
}
