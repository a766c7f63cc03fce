//! `suites.*`: suites stored under a name, so that a run can ask for one by it.

use super::named;
use crate::page;
use crate::reply::{Caller, Failure, excerpt};
use crate::suite::{self, ReadSuite};
use serde_json::Value;
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::event::Role;
use stepcast_protocol::{ErrorCode, EventBody};

pub(super) async fn put(
    caller: &Caller<'_>,
    name: Option<String>,
    suite: Option<&Value>,
    suite_gz: Option<&str>,
) -> Result<(), Failure> {
    caller.require(Role::Runner)?;
    let ReadSuite { suite, packed } = suite::given(caller, suite, suite_gz)?;
    let name = name.unwrap_or(suite.name);
    named::check_name("name", &name)?;
    let tests = u32::try_from(suite.tests.len()).unwrap_or(u32::MAX);
    caller.platform.table.put_suite(&name, tests, packed).await?;
    Ok(caller.answer(EventBody::Ok).await?)
}

pub(super) async fn get(caller: &Caller<'_>, name: &str) -> Result<(), Failure> {
    let found = caller.platform.table.suite(name).await?.ok_or_else(|| no_suite(name))?;
    let suite = suite::unpack(&found.suite)?;
    Ok(caller.answer(EventBody::Suite { name: found.name, suite }).await?)
}

pub(super) async fn list(caller: &Caller<'_>, query: &PageQuery) -> Result<(), Failure> {
    page::check_cursor(query.cursor.as_deref())?;
    let (mut suites, next) = caller.platform.table.suites(query).await?;
    let cursor = page::fit(&mut suites, |suite| &suite.name).or(next);
    Ok(caller.answer(EventBody::Suites { suites, cursor }).await?)
}

pub(super) async fn delete(caller: &Caller<'_>, name: &str) -> Result<(), Failure> {
    caller.require(Role::Runner)?;
    if !caller.platform.table.delete_suite(name).await? {
        return Err(no_suite(name));
    }
    Ok(caller.answer(EventBody::Ok).await?)
}

fn no_suite(name: &str) -> Failure {
    Failure::new(ErrorCode::NotFound, format!("there is no suite `{}`", excerpt(name)))
}
