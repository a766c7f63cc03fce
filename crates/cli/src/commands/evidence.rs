//! `stepcast evidence`: what the tests of a job sent and received.

mod fetch;
mod print;

use crate::args::EvidenceArguments;
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::har::ArchiveWriter;
use crate::report;
use crate::usage_error::UsageError;
use anyhow::Context;
use bytes::Bytes;
use fetch::Kept;
use std::fs;
use std::path::Path;
use stepcast_engine::{Bodies, Evidence};
use stepcast_protocol::TestState;
use stepcast_protocol::exchange::own_exchanges;
use stepcast_protocol::state::StepState;

/// Shows what is kept of a job, or writes it to a file.
pub(crate) async fn evidence(arguments: EvidenceArguments) -> anyhow::Result<Exit> {
    let mut session = Session::open(&Endpoint::find(&arguments.server)?).await?;
    let tests = fetch::tests(&mut session, &arguments.job).await?;
    let chosen: Vec<Attempt> = tests.iter().filter(|test| is_chosen(test, &arguments)).flat_map(attempts).collect();
    let chosen: Vec<Attempt> = chosen.into_iter().filter(|attempt| attempt.is_chosen(&arguments)).collect();
    if chosen.is_empty() {
        return Err(nothing(&arguments, &tests).into());
    }
    let mut archive = arguments.har.as_deref().map(create).transpose()?;
    let mut bodies = Vec::new();
    for attempt in chosen {
        let kept = fetch::kept(&mut session, &arguments.job, attempt.test.test, attempt.number, arguments.step).await?;
        match &mut archive {
            Some(archive) => write(archive, &attempt, kept),
            None if arguments.body.is_some() => bodies.extend(answer_bodies(&kept)),
            None => report::data(&print::attempt(&attempt.test.name, attempt.number, attempt.steps, &kept)),
        }
    }
    archive.map_or(Ok(()), ArchiveWriter::finish)?;
    if let Some(path) = &arguments.body {
        write_body(path, bodies)?;
    }
    Ok(Exit::Passed)
}

/// An attempt of which something is kept.
struct Attempt<'a> {
    test: &'a TestState,
    number: u32,
    steps: &'a [StepState],
}

impl Attempt<'_> {
    fn is_chosen(&self, arguments: &EvidenceArguments) -> bool {
        let is_of_step = |step: &&StepState| arguments.step.is_none_or(|wanted| wanted == step.step);
        let is_kept = |step: &StepState| step.evidence.as_ref().is_some_and(|evidence| evidence.id.is_some());
        arguments.attempt.is_none_or(|wanted| wanted == self.number)
            && self.steps.iter().filter(is_of_step).any(is_kept)
    }
}

fn attempts(test: &TestState) -> Vec<Attempt<'_>> {
    let earlier = test.earlier.iter().map(|earlier| (earlier.attempt, earlier.steps.as_slice()));
    let all = earlier.chain([(test.attempt, test.steps.as_slice())]);
    all.map(|(number, steps)| Attempt { test, number, steps }).collect()
}

/// A test is named by its name, or by its place in the plan.
fn is_chosen(test: &TestState, arguments: &EvidenceArguments) -> bool {
    let is_named = |wanted: &str| wanted == test.name || wanted == test.test.to_string();
    arguments.test.as_deref().is_none_or(is_named)
}

fn nothing(arguments: &EvidenceArguments, tests: &[TestState]) -> UsageError {
    let Some(wanted) = &arguments.test else {
        let hint = "by default, what failing tests send and receive is kept; `run --evidence all` keeps everything";
        return UsageError::with_hint(format!("nothing is kept of the job `{}`", arguments.job), hint);
    };
    if !tests.iter().any(|test| is_chosen(test, arguments)) {
        return UsageError::new(format!("the job has no test `{wanted}`"));
    }
    let mut problem = tests.iter().filter(|test| is_chosen(test, arguments)).flat_map(|test| &test.steps);
    let problem = problem.find_map(|step| step.evidence.as_ref()?.problem.clone());
    let reason = problem.map_or_else(String::new, |problem| format!(": {problem}"));
    UsageError::new(format!("nothing is kept of that part of the test `{wanted}`{reason}"))
}

fn create(path: &Path) -> Result<ArchiveWriter, UsageError> {
    ArchiveWriter::create(path)
        .map_err(|error| UsageError::new(format!("`{}` cannot be written: {error}", path.display())))
}

fn write(archive: &mut ArchiveWriter, attempt: &Attempt<'_>, kept: Kept) {
    let title = match attempt.number {
        1 if attempt.test.attempt == 1 => attempt.test.name.clone(),
        number => format!("{} (attempt {number})", attempt.test.name),
    };
    let (page, Kept { steps, bodies, .. }) = (archive.page(&title), kept);
    let evidence = |exchanges, bodies: &Bodies| Evidence { exchanges, bodies: bodies.clone(), ..Evidence::default() };
    for step in steps {
        let name = attempt.steps.iter().find(|state| state.step == step.step).map_or("", |state| state.name.as_str());
        archive.write(page, name, attempt.number, &evidence(step.exchanges, &bodies));
    }
}

/// The bodies of the last answers of steps, which their checks looked at.
fn answer_bodies(kept: &Kept) -> Vec<Bytes> {
    let last = kept
        .steps
        .iter()
        .filter_map(|step| own_exchanges(&step.exchanges).last()?.answer.as_ref()?.body.as_ref()?.sha256.as_ref());
    last.filter_map(|sha256| kept.bodies.get(sha256).cloned()).collect()
}

fn write_body(path: &Path, mut bodies: Vec<Bytes>) -> anyhow::Result<()> {
    let body = match bodies.len() {
        0 => return Err(UsageError::new("no body is kept of it".to_owned()).into()),
        1 => bodies.remove(0),
        count => {
            let message = format!("{count} bodies are kept of that; `--body` writes one");
            return Err(UsageError::with_hint(message, "name it with --test, --attempt and --step").into());
        }
    };
    fs::write(path, body).with_context(|| format!("`{}` could not be written", path.display()))
}
