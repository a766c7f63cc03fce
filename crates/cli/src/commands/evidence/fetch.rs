//! Asks for what is kept, page by page.

use crate::client::Session;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use stepcast_engine::Bodies;
use stepcast_protocol::command::EvidenceQuery;
use stepcast_protocol::difference::StepDifferences;
use stepcast_protocol::exchange::{ContentPart, StepExchanges};
use stepcast_protocol::{Command, EventBody, JobId, JobState, TestState};

/// What is kept of an attempt, or of one step of it.
pub(super) struct Kept {
    pub differences: Vec<StepDifferences>,
    pub steps: Vec<StepExchanges>,
    pub bodies: Bodies,
}

/// The tests of a job.
pub(super) async fn tests(session: &mut Session, job: &JobId) -> anyhow::Result<Vec<TestState>> {
    let mut state = JobState::default();
    let command = Command::Job { job: job.clone(), test: None };
    session
        .ask_all(command, |event| {
            state.apply(event);
            matches!(&event.body, EventBody::JobState(page) if page.page < page.pages)
        })
        .await?;
    Ok(state.tests.into_values().collect())
}

/// What is kept of an attempt.
pub(super) async fn kept(
    session: &mut Session,
    job: &JobId,
    test: u32,
    attempt: u32,
    step: Option<u32>,
) -> anyhow::Result<Kept> {
    let mut query = EvidenceQuery { job: job.clone(), test, step, attempt: Some(attempt), cursor: None };
    let (mut steps, mut contents): (Vec<StepExchanges>, BTreeMap<String, Vec<u8>>) = (Vec::new(), BTreeMap::new());
    let mut differences = Vec::new();
    loop {
        let EventBody::Evidence(page) = session.ask(Command::Evidence(query.clone())).await?.body else { break };
        differences.extend(page.differences);
        for step in page.steps {
            match steps.last_mut().filter(|last| last.step == step.step) {
                Some(last) => last.exchanges.extend(step.exchanges),
                None => steps.push(step),
            }
        }
        for ContentPart { sha256, base64, .. } in page.contents {
            contents.entry(sha256).or_default().extend(STANDARD.decode(base64)?);
        }
        if page.cursor.is_none() {
            break;
        }
        query.cursor = page.cursor;
    }
    let bodies = contents.into_iter().map(|(sha256, content)| (sha256, content.into())).collect();
    Ok(Kept { differences, steps, bodies })
}
