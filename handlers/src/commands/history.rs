//! `history`: how the tests of a suite ended in its newest jobs.

use crate::page;
use crate::reply::{Caller, Failure};
use std::collections::BTreeMap;
use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::PastJob;
use stepcast_protocol::EventBody;
use stepcast_protocol::command::HistoryQuery;
use stepcast_protocol::event::{PastOutcome, TestHistory};
use stepcast_protocol::limits::{HISTORY_JOBS, PAST_JOBS};
use stepcast_suite::limits::NAME_BYTES;

pub(super) async fn history(caller: &Caller<'_>, query: HistoryQuery) -> Result<(), Failure> {
    page::check_cursor(query.cursor.as_deref())?;
    let branch = query.branch.as_deref().unwrap_or_default();
    if branch.len() > NAME_BYTES {
        return Err(Failure::bad_request(format!("`branch` has at most {NAME_BYTES} bytes")));
    }
    let most = query.limit.map_or(PAST_JOBS, |limit| usize::try_from(limit).unwrap_or(HISTORY_JOBS));
    let jobs = caller.platform.table.history(query.suite.as_str(), branch, None, most.clamp(1, HISTORY_JOBS)).await?;
    let mut tests = by_test(&jobs, &query);
    let cursor = page::fit(&mut tests, |test| &test.name);
    let HistoryQuery { suite, branch, .. } = query;
    Ok(caller.answer(EventBody::History { suite: suite.into(), branch, tests, cursor }).await?)
}

/// The requested tests by name, each with its outcomes in the order of the jobs.
fn by_test(jobs: &[PastJob], query: &HistoryQuery) -> Vec<TestHistory> {
    let mut tests: BTreeMap<&str, Vec<PastOutcome>> = BTreeMap::new();
    for job in jobs {
        let at = rfc3339(job.created_at);
        for test in job.tests.iter().filter(|test| is_asked_for(query, &test.name)) {
            tests.entry(&test.name).or_default().push(PastOutcome {
                job: job.job.to_string(),
                outcome: test.outcome,
                duration_ms: test.duration_ms,
                at: at.clone(),
            });
        }
    }
    tests.into_iter().map(|(name, outcomes)| TestHistory { name: name.to_owned(), outcomes }).collect()
}

fn is_asked_for(query: &HistoryQuery, name: &str) -> bool {
    query.test.as_deref().is_none_or(|wanted| wanted == name)
        && query.cursor.as_deref().is_none_or(|cursor| name > cursor)
}
