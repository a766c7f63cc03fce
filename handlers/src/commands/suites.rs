//! `suites.*`: suites stored under a name, so that a run can ask for one by name.
//!
//! A suite belongs to the principal that stored it first: a run by its name sends secrets where the suite says, so only
//! the owner and admins may replace or delete it. The name stays reserved for the owner for [`SUITE_NAME_KEPT`] after
//! the suite is gone.

use super::stored_name;
use crate::page;
use crate::reply::{Caller, Failure, excerpt};
use crate::suite::{self, ReadSuite, no_suite};
use serde_json::Value;
use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::{NameCounts, NamedSuite, NewSuite};
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::event::Role;
use stepcast_protocol::limits::SUITE_NAME_KEPT;
use stepcast_protocol::{ErrorCode, EventBody};
use stepcast_suite::limits::NAME_BYTES;

/// How often a write is tried while it conflicts with others of the same name.
const TRIES: u32 = 5;

/// How long a name is reserved, in days.
const KEPT_DAYS: u64 = SUITE_NAME_KEPT.as_secs() / (24 * 60 * 60);

/// What `suites.put` asks for.
pub(super) struct Put {
    pub name: Option<String>,
    pub suite: Option<Value>,
    pub suite_gz: Option<String>,
    pub owner: Option<String>,
}

pub(super) async fn put(caller: &Caller<'_>, put: Put) -> Result<(), Failure> {
    caller.require(Role::Runner)?;
    check_given_owner(caller, put.owner.as_deref())?;
    let ReadSuite { suite, packed, .. } = suite::given(caller, put.suite.as_ref(), put.suite_gz.as_deref()).await?;
    let name = put.name.unwrap_or(suite.name);
    stored_name::check_stored_name(&name)?;
    let tests = u32::try_from(suite.tests.len()).unwrap_or(u32::MAX);
    let principal = caller.connection.principal.as_str();
    for _ in 0..TRIES {
        let seen = caller.platform.table.suite_name(&name).await?;
        check_owner(caller, &name, seen.as_ref())?;
        let owner = put.owner.as_deref().or(seen.as_ref().and_then(|seen| seen.owner.as_deref())).unwrap_or(principal);
        check_room(caller, owner, seen.as_ref()).await?;
        let new = NewSuite { name: &name, tests, suite: packed.clone(), owner: Some(owner), stored_by: principal };
        if let Some(version) = caller.platform.table.put_suite(new, seen.as_ref()).await? {
            tracing::info!(name, version, owner, principal, "A suite was stored");
            return Ok(caller.answer(EventBody::Ok).await?);
        }
    }
    Err(met_another(&name))
}

pub(super) async fn get(caller: &Caller<'_>, name: &str) -> Result<(), Failure> {
    let found = caller.platform.table.suite(name).await?.ok_or_else(|| no_suite(name))?;
    let NamedSuite { name, version, updated_at, owner, stored_by, suite, .. } = found;
    let suite = suite::unpack(suite).await?;
    let body = EventBody::Suite { name, suite, version, updated_at: rfc3339(updated_at), owner, stored_by };
    Ok(caller.answer(body).await?)
}

pub(super) async fn list(caller: &Caller<'_>, query: &PageQuery) -> Result<(), Failure> {
    page::check_cursor(query.cursor.as_deref())?;
    let (mut suites, next) = caller.platform.table.suites(query).await?;
    let cursor = page::fit(&mut suites, |suite| &suite.name).or(next);
    Ok(caller.answer(EventBody::Suites { suites, cursor }).await?)
}

/// Deletes a suite. Its name stays reserved; an admin who deletes a deleted suite frees the name as well.
pub(super) async fn delete(caller: &Caller<'_>, name: &str) -> Result<(), Failure> {
    caller.require(Role::Runner)?;
    let table = &caller.platform.table;
    for _ in 0..TRIES {
        let seen = table.suite_name(name).await?.ok_or_else(|| no_suite(name))?;
        let is_there = seen.is_there(caller.platform.clock.now_ms());
        if !is_there && caller.connection.role != Role::Admin {
            return Err(no_suite(name));
        }
        check_owner(caller, name, Some(&seen))?;
        let is_done = if is_there { table.delete_suite(&seen).await? } else { table.free_suite_name(&seen).await? };
        if is_done {
            let principal = &caller.connection.principal;
            tracing::info!(name, principal, "A suite was deleted, or its name given up");
            return Ok(caller.answer(EventBody::Ok).await?);
        }
    }
    Err(met_another(name))
}

/// Checks the owner that a client gives: only admins may give one.
fn check_given_owner(caller: &Caller<'_>, owner: Option<&str>) -> Result<(), Failure> {
    let Some(owner) = owner else { return Ok(()) };
    caller.require(Role::Admin)?;
    if owner.is_empty() || owner.len() > OWNER_BYTES {
        return Err(Failure::bad_request(format!("`owner` is a principal, of 1 to {OWNER_BYTES} bytes")));
    }
    Ok(())
}

/// The longest name a principal can have: an issuer and a subject.
const OWNER_BYTES: usize = 4 * NAME_BYTES + 1;

/// Rejects a caller that is neither the owner of the suite nor an admin.
fn check_owner(caller: &Caller<'_>, name: &str, seen: Option<&NamedSuite>) -> Result<(), Failure> {
    let Some(seen) = seen else { return Ok(()) };
    let (name, own) = (excerpt(name), Some(caller.connection.principal.as_str()));
    if caller.connection.role == Role::Admin || seen.owner.as_deref() == own {
        return Ok(());
    }
    let owner = seen.owner.as_deref();
    Err(Failure::forbidden(match owner {
        Some(owner) if seen.is_there(caller.platform.clock.now_ms()) => format!(
            "the suite `{name}` belongs to `{owner}`, and only `{owner}` and admins replace or delete it; store yours \
             under another name"
        ),
        Some(owner) => format!(
            "the name `{name}` belongs to `{owner}` for {KEPT_DAYS} days after the suite was deleted or has gone unused, and only \
             `{owner}` and admins store a suite under it; store yours under another name"
        ),
        None => format!(
            "the suite `{name}` was stored before suites had owners, and only admins replace or delete it; store yours \
             under another name, or ask an admin to store it with you as its `owner`"
        ),
    }))
}

/// Rejects another suite if its owner, or all principals together, have as many as they may. Reserved names are counted
/// separately, up to the same number: deleting a suite makes room, but a principal cannot go on storing and deleting
/// for ever.
async fn check_room(caller: &Caller<'_>, owner: &str, seen: Option<&NamedSuite>) -> Result<(), Failure> {
    let there = seen.filter(|seen| seen.is_there(caller.platform.clock.now_ms()));
    if there.is_some_and(|there| there.owner.as_deref().is_none_or(|known| known == owner)) {
        return Ok(());
    }
    let limits = &caller.platform.limits;
    let (own, all) = caller.platform.table.suite_names(owner).await?;
    let is_new = seen.is_none();
    let full = too_many(&format!("`{owner}` has"), own, limits.suites, is_new).or_else(|| {
        // A suite that gets another owner is already counted here.
        let together = "all principals of this deployment together have";
        there.is_none().then(|| too_many(together, all, limits.all_suites, is_new))?
    });
    full.map_or(Ok(()), |message| Err(Failure::new(ErrorCode::Conflict, message)))
}

/// The error for too many suites or, for a new name, too many names.
fn too_many(whose: &str, counts: NameCounts, most: usize, is_new: bool) -> Option<String> {
    if counts.stored >= most {
        return Some(format!("{whose} {} stored suites, and may have {most}; delete one first", counts.stored));
    }
    (is_new && counts.kept >= most).then(|| {
        format!(
            "{whose} {} names of deleted suites, which are kept for {KEPT_DAYS} days, and may have {most}; use one of them \
             again, or ask an admin to delete some once more, which gives their names up",
            counts.kept
        )
    })
}

fn met_another(name: &str) -> Failure {
    let name = excerpt(name);
    Failure::new(
        ErrorCode::Conflict,
        format!("the suite `{name}` is being changed by others at this moment; try again"),
    )
}
