//! The first tests of a job that did not pass.

use super::expression::attribute;
use super::jobs::job_pk;
use super::record::TestRecord;
use super::test_items::test_prefix;
use super::{Table, failed};
use crate::error::Result;
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::Outcome;

impl Table {
    /// Reads the first tests of a planning that failed, errored or were blocked, in order, at most `most`.
    pub async fn failing_tests(&self, job: &JobId, plan: u64, most: usize) -> Result<Vec<TestRecord>> {
        let query = self.partition(job_pk(job), &test_prefix(plan));
        let query = attribute("outcome")
            .is_one_of(Outcome::ALL.into_iter().filter(|outcome| outcome.is_failure()))
            .filter(query);
        let (mut tests, mut start) = (Vec::new(), None);
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await.map_err(failed)?;
            for item in page.items.unwrap_or_default() {
                tests.push(super::item::read("test", item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() || tests.len() >= most {
                tests.truncate(most);
                return Ok(tests);
            }
        }
    }
}
