//! `stepcast share`: a link with which a person without a token can see one job.

use crate::args::ShareArguments;
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use stepcast_protocol::{Command, EventBody};

/// Prints the link. The token is in its fragment, which browsers do not send.
pub(crate) async fn share(arguments: ShareArguments) -> anyhow::Result<Exit> {
    let endpoint = Endpoint::find(&arguments.server)?;
    let expires_s = u32::try_from(arguments.expires.as_secs())?;
    let command = Command::Share {
        job: arguments.job.clone(),
        expires_s: Some(expires_s),
        evidence: !arguments.without_evidence,
    };
    let answer = Session::open(&endpoint).await?.ask(command).await?;
    if let EventBody::Shared { token, id, expires_at } = answer.body {
        let link = endpoint.page(&format!("share/{token}"));
        let what = if link.is_some() { "link" } else { "token" };
        report::data(&link.unwrap_or(token));
        report::message(&format!(
            "anyone who has the {what} can see job {} until {expires_at}; an admin can end that with \
             `stepcast token revoke {id}`",
            arguments.job
        ));
        if what == "token" {
            report::message(&format!(
                "\nhint: this address has no dashboard; if the dashboard has another address, the link is that address \
                 followed by `/#/share/` and the token; otherwise, `STEPCAST_TOKEN=... stepcast watch {} --url {}` \
                 shows the job",
                arguments.job, endpoint.ws
            ));
        }
    }
    Ok(Exit::Passed)
}
