//! `stepcast token`: makes tokens with the deployment's secret, and revokes them on a server.

use crate::args::{NewTokenArguments, ServerArguments, TokenArguments, TokenCommand};
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use crate::usage_error::UsageError;
use stepcast_platform::Clock;
use stepcast_platform::auth::Signer;
use stepcast_platform::clock::rfc3339;
use stepcast_platform::secret::Secret;
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::{Command, EventBody};

/// Makes, revokes or lists.
pub(crate) async fn token(arguments: TokenArguments) -> anyhow::Result<Exit> {
    match arguments.command {
        TokenCommand::New(arguments) => new(arguments)?,
        TokenCommand::Revoke { id, server } => {
            let endpoint = Endpoint::find(&server)?;
            Session::open(&endpoint).await?.ask(Command::RevokeToken { token: id.clone() }).await?;
            report::message(&format!("token {id} is revoked, and the connections opened with it are closed"));
        }
        TokenCommand::Revoked { server } => revoked(&server).await?,
    }
    Ok(Exit::Passed)
}

/// The token is printed as data; the notes for its creator are not.
fn new(arguments: NewTokenArguments) -> anyhow::Result<()> {
    let NewTokenArguments { role, expires, principal, data_dir, secret } = arguments;
    // A variable that a failed `$(...)` left empty is not a secret: anyone could sign with it.
    let secret = match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => Secret::new(secret),
        None => stepcast_local::secret::read(&data_dir).map_err(|_| {
            UsageError::with_hint(
                format!("there is no secret in `{}`", data_dir.display()),
                "start `stepcast up` once, name its directory with --data-dir, or set STEPCAST_SECRET",
            )
        })?,
    };
    let issued = Signer::new(&secret, Clock::system()).issue(&principal, role.into(), expires);
    report::data(&issued.token);
    let (id, until) = (issued.id, rfc3339(issued.expires_at));
    report::message(&format!("token {id} is valid until {until}; revoke it earlier with `stepcast token revoke {id}`"));
    Ok(())
}

/// Page by page, since there may be more than one answer holds.
async fn revoked(server: &ServerArguments) -> anyhow::Result<()> {
    let mut session = Session::open(&Endpoint::find(server)?).await?;
    let mut query = PageQuery::default();
    loop {
        let answer = session.ask(Command::ListRevokedTokens(query)).await?;
        let EventBody::RevokedTokens { tokens, cursor } = answer.body else { return Ok(()) };
        for revoked in tokens {
            let line = format!("{}  {}  {}", revoked.token, revoked.revoked_at, revoked.principal);
            report::data(&report::one_line(&line));
        }
        if cursor.is_none() {
            return Ok(());
        }
        query = PageQuery { cursor, limit: None };
    }
}
