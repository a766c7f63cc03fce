//! `stepcast replay`: a job again, followed to its verdict.

use super::watch::follow;
use crate::args::ReplayArguments;
use crate::client::{Follower, Session};
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report::{self, Reporter};
use crate::suite_file::Named;
use serde_json::Value;
use stepcast_protocol::command::{Detail, Level, Replay, Selection, Topic};
use stepcast_protocol::{Command, JobId};

/// Replays a job and waits for the verdict of the new one.
pub(crate) async fn replay(arguments: ReplayArguments) -> anyhow::Result<Exit> {
    let endpoint = Endpoint::find(&arguments.server)?;
    let (suite, suite_gz) = match arguments.suite.as_deref().map(Named::read).transpose()? {
        None => (None, None),
        Some(Named::File(file)) => file.travelling(),
        Some(Named::Stored(name)) => (Some(Value::String(name)), None),
    };
    let only = if arguments.failed { Selection::Failed } else { Selection::All };
    // Sent once: a replay has no key that would keep it one job if it were sent again.
    let replay = Replay {
        job: arguments.job,
        only,
        on: arguments.on,
        suite,
        suite_gz,
        vars: arguments.vars.into_iter().collect(),
        secrets: arguments.secrets.into_iter().collect(),
        // This connection is closed before the other one watches.
        detail: Level::Job,
    };
    let answer = Session::open(&endpoint).await?.ask(Command::Replay(replay)).await?;
    let job: JobId = answer.job.unwrap_or_default().parse()?;
    if arguments.detach {
        report::data(job.as_str());
        return Ok(Exit::Passed);
    }
    let reporter = Reporter::new(&arguments.report)?;
    let watch = Command::Watch(Topic::Job(job.clone(), Detail::of(reporter.detail())));
    let follower = Follower::start(&endpoint, watch, reporter).await?;
    follow(follower, &endpoint, &job, arguments.timeout).await
}
