//! `stepcast cancel`: asks a job to stop.

use crate::args::CancelArguments;
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use stepcast_protocol::Command;

/// Cancels a job; its running tests stop at their next step.
pub(crate) async fn cancel(arguments: CancelArguments) -> anyhow::Result<Exit> {
    let endpoint = Endpoint::find(&arguments.server)?;
    Session::open(&endpoint).await?.ask(Command::Cancel { job: arguments.job.clone() }).await?;
    report::message(&format!("job {} is being cancelled", arguments.job));
    Ok(Exit::Passed)
}
