//! `tokens.*`: tokens that are no longer valid, although they have not expired.

use crate::reply::{Caller, Failure};
use crate::{farewell, page};
use futures_util::{StreamExt, stream};
use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::Revoked;
use stepcast_platform::{Error, Platform};
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::event::{RevokedToken, Role};
use stepcast_protocol::{ConnectionId, EventBody};
use stepcast_suite::limits::NAME_BYTES;

/// Connections that are ended at once.
const IN_FLIGHT: usize = 16;

/// The code for clients whose token was revoked.
const CODE: &str = "token_revoked";

/// Stores the revocation first and then looks for the token's connections, while `$connect` does it in the opposite
/// order, so that no connection can slip through. Repeating this does no harm, and is what to do if a connection could
/// not be ended.
pub(super) async fn revoke(caller: &Caller<'_>, token: &str) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    if token.is_empty() || token.len() > NAME_BYTES {
        return Err(Failure::bad_request(format!(
            "`token` has to be the id of a token, of 1 to {NAME_BYTES} bytes: its `jti`, not the token itself"
        )));
    }
    let platform = caller.platform;
    let principal = &caller.connection.principal;
    let at = platform.clock.now_ms();
    platform.table.revoke_token(Revoked { token: token.to_owned(), principal: principal.clone(), at }).await?;
    tracing::info!(token, principal, "A token was revoked");
    let own = &caller.connection.connection;
    end_all(platform, token, own).await?;
    caller.answer(EventBody::TokenRevoked { token: token.to_owned() }).await?;
    if caller.connection.token.as_deref() == Some(token) {
        farewell::end(platform, own, CODE).await?;
    }
    Ok(())
}

/// Ends all connections that were opened with a token, except the one that sent this command, which still has to get
/// the answer. A connection that cannot be ended does not keep the others open.
async fn end_all(platform: &Platform, token: &str, but: &ConnectionId) -> Result<(), Error> {
    let mut query = PageQuery { cursor: None, limit: Some(u32::MAX) };
    let mut failure = None;
    loop {
        let (connections, next) = platform.table.connections(&query).await?;
        let ended = connections.into_iter().filter(|one| one.token.as_deref() == Some(token) && one.connection != *but);
        let ended: Vec<_> = stream::iter(ended)
            .map(|one| async move { farewell::end(platform, &one.connection, CODE).await })
            .buffer_unordered(IN_FLIGHT)
            .collect()
            .await;
        failure = failure.or(ended.into_iter().find_map(Result::err));
        query.cursor = next;
        if query.cursor.is_none() {
            return failure.map_or(Ok(()), Err);
        }
    }
}

pub(super) async fn revoked(caller: &Caller<'_>, query: &PageQuery) -> Result<(), Failure> {
    caller.require(Role::Admin)?;
    page::check_cursor(query.cursor.as_deref())?;
    let (found, next) = caller.platform.table.revoked_tokens(query).await?;
    let listed = found.into_iter().map(|Revoked { token, principal, at }| RevokedToken {
        token,
        principal,
        revoked_at: rfc3339(at),
    });
    let mut tokens: Vec<_> = listed.collect();
    let cursor = page::fit(&mut tokens, |revoked: &RevokedToken| &revoked.token).or(next);
    Ok(caller.answer(EventBody::RevokedTokens { tokens, cursor }).await?)
}
