//! `stepcast jobs`: a list, newest first.

use crate::args::{JobsArguments, Status};
use crate::client::Session;
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report;
use stepcast_protocol::command::JobsQuery;
use stepcast_protocol::state::{JobStatus, ListedJob};
use stepcast_protocol::{Command, EventBody, Outcome};

/// Lists jobs.
pub(crate) async fn jobs(arguments: JobsArguments) -> anyhow::Result<Exit> {
    let endpoint = Endpoint::find(&arguments.server)?;
    let mut session = Session::open(&endpoint).await?;
    let wanted = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let mut listed: Vec<ListedJob> = Vec::new();
    let mut cursor = None;
    while listed.len() < wanted {
        let query = JobsQuery {
            cursor,
            limit: u32::try_from(wanted - listed.len()).ok(),
            suite: arguments.suite.clone(),
            status: arguments.status.map(JobStatus::from),
            labels: arguments.labels.iter().cloned().collect(),
            since: arguments.since,
            until: arguments.until,
        };
        let EventBody::Jobs { jobs, cursor: next } = session.ask(Command::Jobs(query)).await?.body else { break };
        listed.extend(jobs);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    for job in &listed {
        if arguments.json {
            report::json(&serde_json::to_string(job)?);
        } else {
            report::data(&line(job));
        }
    }
    if listed.is_empty() && !arguments.json {
        let is_narrowed = !arguments.labels.is_empty() || arguments.since.is_some() || arguments.until.is_some();
        let why = if is_narrowed { "no such jobs" } else { "no jobs; start one with `stepcast run FILE`" };
        report::message(why);
    }
    Ok(Exit::Passed)
}

fn line(job: &ListedJob) -> String {
    let summary = &job.summary;
    let state =
        summary.verdict.map_or_else(|| format!("{}%", summary.counts.percent()), |verdict| verdict.as_str().to_owned());
    let bad: u32 =
        [Outcome::Failed, Outcome::Errored, Outcome::Blocked].iter().map(|bad| summary.counts.get(*bad)).sum();
    let good = summary.counts.passed + summary.counts.flaky;
    format!(
        "{}  {}  {state:<9}  {good}/{} passed, {bad} not  {}  {}",
        job.job,
        summary.created_at,
        summary.counts.total,
        report::one_line(&summary.principal),
        report::one_line(&summary.suite)
    )
}

impl From<Status> for JobStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Accepted => Self::Accepted,
            Status::Running => Self::Running,
            Status::Cancelling => Self::Cancelling,
            Status::Finished => Self::Finished,
        }
    }
}
