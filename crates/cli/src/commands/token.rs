//! `stepcast token`: tokens, made where the deployment's secret is at hand.

use crate::args::{TokenArguments, TokenCommand};
use crate::exit::{Exit, UsageError};
use crate::report;
use stepcast_platform::Clock;
use stepcast_platform::auth::Signer;
use stepcast_platform::config::Secret;

/// Prints a new token.
pub(crate) fn token(arguments: TokenArguments) -> anyhow::Result<Exit> {
    let TokenCommand::New { role, expires, principal, data_dir, secret } = arguments.command;
    // A variable that a failed `$(...)` left empty is no secret: anybody could sign with it.
    let secret = match secret.filter(|secret| !secret.is_empty()) {
        Some(secret) => Secret::new(secret),
        None => stepcast_local::secret::read(&data_dir).map_err(|_| {
            UsageError::with_hint(
                format!("there is no secret in `{}`", data_dir.display()),
                "start `stepcast up` once, name its directory with --data-dir, or set STEPCAST_SECRET",
            )
        })?,
    };
    report::data(&Signer::new(&secret, Clock::system()).issue(&principal, role.into(), expires));
    Ok(Exit::Passed)
}
