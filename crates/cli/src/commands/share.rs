//! `stepcast share`: a link by which somebody without a token sees one job.

use crate::args::ShareArguments;
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use stepcast_protocol::{Command, EventBody};

/// Prints the link. The token stands in its fragment, which browsers keep to themselves.
pub(crate) async fn share(arguments: ShareArguments) -> anyhow::Result<Exit> {
    let endpoint = Endpoint::find(&arguments.server)?;
    let expires_s = u32::try_from(arguments.expires.as_secs())?;
    let command = Command::Share { job: arguments.job.clone(), expires_s: Some(expires_s) };
    let answer = Session::open(&endpoint).await?.ask(command).await?;
    if let EventBody::Shared { token, id, expires_at } = answer.body {
        report::data(&format!("{}/#/share/{token}", endpoint.http));
        report::message(&format!(
            "whoever has the link sees job {} until {expires_at}; an admin ends that with `stepcast token revoke {id}`",
            arguments.job
        ));
    }
    Ok(Exit::Passed)
}
