//! Planning: a suite becomes tests, and the tests become messages.
//!
//! Each planning has a number. Its tests are written under that number, and count only once the job's item names this
//! planning as the one that counts; so a planner can die at any point, and two can run at once.

use crate::Handled;
use crate::evidence::{BODY_BYTES, store_plan};
use crate::job::{Job, Source};
use crate::kept::KeptJob;
use crate::messages::Delivery;
use crate::past::{new_test, past_of};
use crate::tracker::Tracker;
use futures_util::future::join;
use std::collections::HashSet;
use std::time::Duration;
use stepcast_engine::{Engine, Keeping, PlanRun, PlannedTest, Sent, StepRequests};
use stepcast_platform::table::{JobRecord, NewTest, Planned};
use stepcast_platform::{Error, Platform};
use stepcast_protocol::id::JobId;
use stepcast_protocol::state::{JobStatus, Stop};
use stepcast_protocol::{Event, EventBody, Verdict};
use stepcast_suite::Evidence;

/// How often a planner checks whether its job has to stop.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// The tests of a job, with the requests that it took to find them.
struct Plan {
    tests: Vec<PlannedTest>,
    requests: StepRequests,
}

/// Plans jobs.
#[derive(Clone)]
pub(crate) struct Planner {
    tracker: Tracker,
    engine: Engine,
}

impl Planner {
    pub fn new(tracker: Tracker, engine: Engine) -> Self {
        Self { tracker, engine }
    }

    /// Plans a job, or finishes what an earlier planner left undone. A suite whose planning takes too long would take
    /// too long every time, so the job ends.
    pub async fn plan(&self, id: &JobId, delivery: Delivery<'_>) -> Result<Handled, Error> {
        let Some(job) = self.tracker.jobs.get(id).await? else { return Ok(Handled::Done) };
        let table = &self.platform().table;
        let Some(record) = table.begin_plan(id).await? else {
            return self.queue_again(&job).await;
        };
        job.note(&record);
        let (source, kept) = (job.source(self.platform()).await?, job.evidence(self.platform()).await?);
        let sent = job.sent.part();
        let planned = tokio::select! {
            planned = self.expand(source.as_ref(), kept, &sent) => planned,
            allowed = delivery.deadline.comes() => Err(out_of_time(&allowed)),
            limit = self.is_to_stop(&job) => Err(limit.to_string()),
            never = self.tracker.keep_message(delivery.receipt) => match never {},
        };
        match (job.stop(), planned) {
            (Some(Stop::Cancelled), _) => self.end_without_tests(&record, Verdict::Cancelled, None).await,
            (Some(limit), _) => self.end_without_tests(&record, Verdict::Errored, Some(&limit.to_string())).await,
            (None, Err(problem)) => self.end_without_tests(&record, Verdict::Errored, Some(&problem)).await,
            (None, Ok(plan)) if plan.tests.is_empty() => self.end_without_tests(&record, Verdict::Empty, None).await,
            (None, Ok(plan)) => self.plan_tests(&job, &record, plan, &sent, delivery).await,
        }
    }

    /// Expands the suite. A job that is judged by evidence has the tests that can be judged by it.
    async fn expand(
        &self,
        source: Result<&Source, &String>,
        kept: Option<&Result<KeptJob, String>>,
        sent: &Sent,
    ) -> Result<Plan, String> {
        let source = source.map_err(Clone::clone)?;
        let kept = kept.map(Result::as_ref).transpose().map_err(Clone::clone)?;
        let recording = match kept {
            Some(kept) => Some(kept.of_plan().await?),
            None => None,
        };
        let Source { suite, vars, secrets, tags, .. } = source;
        let keeping = self.keeping(source);
        let run = PlanRun { suite, vars, secrets, tags, sent, keeping, recording: recording.as_ref() };
        let planned = self.engine.plan(run).await;
        let mut tests = planned.tests.map_err(|error| match &error.hint {
            Some(hint) => format!("{error} ({hint})"),
            None => error.to_string(),
        })?;
        if !source.only.is_empty() {
            let only: HashSet<&String> = source.only.iter().collect();
            tests.retain(|test| only.contains(&test.name));
        }
        if let Some(kept) = kept {
            tests.retain(|test| kept.can_judge(test));
        }
        for (number, test) in (0..).zip(&mut tests) {
            test.test = number;
        }
        Ok(Plan { tests, requests: planned.requests })
    }

    /// What is kept of the requests for sitemaps and pages.
    fn keeping(&self, source: &Source) -> Keeping {
        let wanted = source.evidence.unwrap_or(Evidence::Failed).min(self.platform().most_evidence);
        if wanted == Evidence::None { Keeping::Nothing } else { Keeping::Steps { bytes: BODY_BYTES } }
    }

    /// Resolves once a job has to stop. Discovery may have to fetch many pages, and slow ones.
    async fn is_to_stop(&self, job: &Job) -> Stop {
        loop {
            tokio::time::sleep(CHECK_EVERY).await;
            job.refresh(self.platform()).await;
            if let Some(stop) = job.stop() {
                return stop;
            }
        }
    }

    async fn plan_tests(
        &self,
        job: &Job,
        record: &JobRecord,
        plan: Plan,
        sent: &Sent,
        delivery: Delivery<'_>,
    ) -> Result<Handled, Error> {
        let table = &self.platform().table;
        let Plan { tests, requests: of_plan } = plan;
        let total = u32::try_from(tests.len()).unwrap_or(u32::MAX);
        let requests = sent.count();
        let written = async {
            let (past, evidence) = join(past_of(table, record), self.store(of_plan)).await;
            let new: Vec<NewTest> = tests.iter().map(|test| new_test(test, past.as_ref())).collect::<Result<_, _>>()?;
            let expected_ms = new.iter().filter_map(|test| test.expected_ms).sum();
            table.put_plan(&job.id, record.plan, &new).await?;
            let batch_size = JobRecord::batch_size(total, self.platform().workers);
            table.planned(&job.id, record.plan, Planned { total, batch_size, expected_ms, requests, evidence }).await
        };
        let planned = tokio::select! {
            planned = written => planned?,
            // The table was slow; it may be faster the next time.
            _ = delivery.deadline.comes() => return Ok(Handled::Later(Duration::from_secs(1))),
            never = self.tracker.keep_message(delivery.receipt) => match never {},
        };
        // Either another planner was faster and queues the tests, or this planner's write succeeded, its answer was
        // lost, and no other planner queues them.
        let Some(record) = planned else { return self.queue_again(job).await };
        job.note(&record);
        job.sent.take_out(requests);
        tracing::info!(job = %job.id, tests = total, "A job was planned");
        let body = EventBody::JobPlanned { total };
        self.tracker
            .publish(&record.job, &Event::of_job(&record.job, record.v, body, self.platform().clock.now_text()));
        self.tracker.queue_batches(record.batches()).await?;
        Ok(Handled::Done)
    }

    /// Stores the requests that a plan took, for those who judge the job again by its evidence. Nothing depends on it.
    async fn store(&self, of_plan: StepRequests) -> Option<String> {
        let store = self.platform().evidence.as_ref().filter(|_| !of_plan.is_empty())?;
        store_plan(store, of_plan).await
    }

    /// Ends a job without tests, in one write. If the job has changed since it was read, the message comes again.
    async fn end_without_tests(
        &self,
        record: &JobRecord,
        verdict: Verdict,
        problem: Option<&str>,
    ) -> Result<Handled, Error> {
        let closed = self.tracker.close(record, verdict, problem).await?;
        Ok(if closed { Handled::Done } else { Handled::Later(Duration::from_secs(1)) })
    }

    /// Queues the waiting batches again. The message came again, so its planner may have died before it queued
    /// everything. A batch that is queued twice is run once.
    async fn queue_again(&self, job: &Job) -> Result<Handled, Error> {
        let Some(record) = self.platform().table.job(&job.id).await? else { return Ok(Handled::Done) };
        if record.status == JobStatus::Finished {
            self.tracker.publish_verdict(&record);
        } else if record.is_in_batches() {
            self.tracker.queue_open_batches(&record).await?;
        } else {
            self.tracker.convert(&job.id).await?;
        }
        Ok(Handled::Done)
    }

    fn platform(&self) -> &Platform {
        &self.tracker.platform
    }
}

fn out_of_time(allowed: &str) -> String {
    format!(
        "planning did not end within the {allowed} a worker may run (give `discover` a smaller `limit`, or split \
         this suite)"
    )
}
