//! `stepcast watch`: a job followed to its verdict, from wherever it is.

use crate::args::WatchArguments;
use crate::client::{Followed, Follower};
use crate::endpoint::Endpoint;
use crate::exit::Exit;
use crate::report::{self, Reporter};
use std::time::Duration;
use stepcast_protocol::command::{Detail, Topic};
use stepcast_protocol::{Command, JobId, JobState};
use stepcast_suite::duration;

/// Follows a job.
pub(crate) async fn watch(arguments: WatchArguments) -> anyhow::Result<Exit> {
    let endpoint = Endpoint::find(&arguments.server)?;
    let reporter = Reporter::new(&arguments.report)?;
    let command = Command::Watch(Topic::Job(arguments.job.clone(), Detail::of(reporter.detail())));
    let follower = Follower::start(&endpoint, command, reporter).await?;
    follow(follower, &endpoint, &arguments.job, arguments.timeout).await
}

/// Follows a job that was started or joined, and shows what came of it.
pub(crate) async fn follow(
    mut follower: Follower<'_>,
    endpoint: &Endpoint,
    job: &JobId,
    most: Option<Duration>,
) -> anyhow::Result<Exit> {
    let link = endpoint.page(&format!("jobs/{job}"));
    let followed = follower.follow(most).await;
    let reporter = &mut follower.reporter;
    reporter.close();
    match followed? {
        Followed::Finished(state) => {
            reporter.finish(&state, link.as_deref())?;
            Ok(verdict(&state))
        }
        Followed::Incomplete(state) => {
            reporter.finish(&state, link.as_deref())?;
            report::message("error: the verdict arrived, but some of the results behind it did not");
            let or_at = link.map(|link| format!(" or at {link}")).unwrap_or_default();
            report::message(&format!("\nhint: see all results with `stepcast watch {job}`{or_at}"));
            Ok(Exit::Unknown)
        }
        Followed::TimedOut => {
            let waited = most.map(duration::format).unwrap_or_default();
            report::message(&format!("error: the verdict did not arrive within {waited}; the job continues"));
            report::message(&format!(
                "\nhint: see it with `stepcast watch {job}` or end it with `stepcast cancel {job}`"
            ));
            Ok(Exit::Unknown)
        }
        Followed::Left => Ok(Exit::Cancelled),
    }
}

fn verdict(state: &JobState) -> Exit {
    state.summary.as_ref().and_then(|job| job.verdict).map_or(Exit::Unknown, Exit::from)
}
