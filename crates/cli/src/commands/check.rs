//! `stepcast check`: the same tests in this process, with no server.
//!
//! The engine is the worker's own and so are the events, numbered here as a worker numbers them; everything that
//! shows a run shows this one too.

mod changes;
mod narrator;
mod recorder;

use crate::args::{CheckArguments, ValueArguments};
use crate::exit::{self, Exit};
use crate::har;
use crate::interrupts::Interrupts;
use crate::report::{self, Reporter};
use crate::suite_file::SuiteFile;
use crate::usage_error::UsageError;
use changes::Changes;
use futures_util::StreamExt;
use futures_util::stream;
use narrator::Narrator;
use recorder::Recorder;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use stepcast_engine::{Engine, EngineConfig, Keeping, PlanRun, PlannedTest, Recording, Sent, TestEnd, TestRun};
use stepcast_platform::traces::JobSpan;
use stepcast_platform::{Clock, Traces};
use stepcast_protocol::event::JobFinished;
use stepcast_protocol::state::{Counts, JobLimits, Stop, UPDATES_PER_LEASE};
use stepcast_protocol::{Event, EventBody, JobState, Outcome, Verdict};
use stepcast_suite::check_variables;
use stepcast_suite::duration::millis;
use tokio_util::sync::CancellationToken;

/// Tests at once; politeness towards a host is the engine's.
const CONCURRENCY: usize = 32;

/// Runs the files one after the other; the exit code is the worst of theirs. With `--watch`, runs them again whenever one
/// is saved.
pub(crate) async fn check(arguments: CheckArguments) -> anyhow::Result<Exit> {
    if !arguments.watch {
        return check_all(&arguments).await;
    }
    let (mut changes, mut interrupts) = (Changes::new(&arguments), Interrupts::listen()?);
    loop {
        match check_all(&arguments).await {
            Ok(Exit::Cancelled) => return Ok(Exit::Cancelled),
            Ok(_) => {}
            // A file that is saved half-written is saved again.
            Err(error) if error.is::<UsageError>() => {
                exit::explain(&error);
            }
            Err(error) => return Err(error),
        }
        report::message("waiting for a file to be saved; press Ctrl-C to end");
        tokio::select! {
            () = changes.next() => {}
            () = interrupts.next() => return Ok(Exit::Cancelled),
        }
    }
}

async fn check_all(arguments: &CheckArguments) -> anyhow::Result<Exit> {
    let config = EngineConfig {
        allow_private_targets: !arguments.deny_private_targets,
        allow_insecure_targets: !arguments.deny_insecure_targets,
        ..EngineConfig::default()
    };
    let engine = Engine::new(config)?;
    let recording = arguments.from.as_deref().map(har::read).transpose()?.map(Arc::new);
    let recorder = arguments.record.as_deref().map(Recorder::create).transpose()?;
    let reporter = Reporter::new(&arguments.report)?;
    let traces = Traces::configured().unwrap_or_else(|problem| {
        report::message(&format!("no traces are exported: {problem}"));
        Traces::default()
    });
    let mut run = Run::new(reporter, arguments.limits.into(), recording, recorder, traces);
    let checked = check_files(&engine, &mut run, arguments).await;
    if let Err(problem) = run.traces.flush().await {
        report::message(&format!("the traces are not complete: {problem}"));
    }
    let worst = checked?;
    // Half a recording does not replace a whole one.
    run.recorder.filter(|_| worst != Exit::Cancelled).map_or(Ok(()), Recorder::finish)?;
    Ok(worst)
}

async fn check_files(engine: &Engine, run: &mut Run, arguments: &CheckArguments) -> anyhow::Result<Exit> {
    let mut worst = Exit::Passed;
    for path in &arguments.files {
        let exit = check_file(engine, run, path, &arguments.values).await?;
        worst = worst.max(exit);
        if exit == Exit::Cancelled {
            break;
        }
    }
    Ok(worst)
}

async fn check_file(engine: &Engine, run: &mut Run, path: &Path, values: &ValueArguments) -> anyhow::Result<Exit> {
    let file = SuiteFile::read(path)?;
    // Not before: a file may be a pipe that nobody writes to, and then Ctrl-C has to end the process.
    let mut interrupts = Interrupts::listen()?;
    let vars: BTreeMap<String, String> = values.vars.iter().cloned().collect();
    let secrets: BTreeMap<String, String> = values.secrets.iter().cloned().collect();
    check_variables(&file.suite, vars.keys().map(String::as_str), secrets.keys().map(String::as_str))
        .map_err(|problems| UsageError::new(format!("`{}`: {problems}", path.display())))?;
    run.begin(path);
    run.lock().reporter.begin(&file);
    let run = &*run;
    let body = EventBody::JobAccepted {
        suite: file.suite.name.clone(),
        principal: "check".to_owned(),
        labels: BTreeMap::new(),
        replay_of: None,
        from: None,
        stored: None,
    };
    run.publish(run.next_job_version(), body);
    let finish = async {
        let planned = engine.plan(run.plan(&file, &vars, &secrets, &values.tags, &Sent::default())).await;
        if let Some(recorder) = &run.recorder {
            recorder.planned(&file.suite.name, &planned.requests);
        }
        match planned.tests {
            Ok(tests) => {
                let total = u32::try_from(tests.len()).unwrap_or(u32::MAX);
                run.publish(run.next_job_version(), EventBody::JobPlanned { total });
                run.lock().planned.clone_from(&tests);
                let one = |test: PlannedTest| run.test(engine, &file, &vars, &secrets, test);
                tokio::select! {
                    () = stream::iter(tests).map(one).buffer_unordered(CONCURRENCY).collect::<()>() => {}
                    never = run.watch_the_time() => match never {},
                }
                run.finish(total, None)
            }
            Err(problem) => run.finish(0, Some(problem.to_string())),
        }
    };
    let mut finish = Box::pin(finish);
    tokio::select! {
        finished = &mut finish => return finished,
        () = interrupts.next() => run.cancel(),
    }
    if file.suite.tests.iter().any(|test| !test.teardown.is_empty()) {
        report::message("cancelling: teardown steps still run; press Ctrl-C again to stop at once");
        tokio::select! {
            finished = &mut finish => return finished,
            () = interrupts.next() => {}
        }
    }
    drop(finish);
    run.abandon()
}

/// The run of one file after the other.
struct Run {
    started: Instant,
    begun: SystemTime,
    job: String,
    /// The same for the engine, for which a file that is checked twice is two jobs
    job_of_its_own: String,
    clock: Clock,
    shared: Mutex<Shared>,
    limits: JobLimits,
    is_cancelled: AtomicBool,
    /// Cancelled as soon as the rest of the file is not run
    stopped: CancellationToken,
    /// Answers in place of the network
    recording: Option<Arc<Recording>>,
    /// Keeps the requests
    recorder: Option<Recorder>,
    traces: Traces,
}

struct Shared {
    reporter: Reporter,
    planned: Vec<PlannedTest>,
    state: JobState,
    counts: Counts,
    checks: u64,
    v: u64,
}

impl Run {
    fn new(
        reporter: Reporter,
        limits: JobLimits,
        recording: Option<Arc<Recording>>,
        recorder: Option<Recorder>,
        traces: Traces,
    ) -> Self {
        let (state, counts) = (JobState::default(), Counts::default());
        let shared = Shared { reporter, planned: Vec::new(), state, counts, checks: 0, v: 0 };
        Self {
            started: Instant::now(),
            begun: SystemTime::now(),
            job: String::new(),
            job_of_its_own: String::new(),
            clock: Clock::system(),
            shared: Mutex::new(shared),
            limits,
            is_cancelled: AtomicBool::new(false),
            stopped: CancellationToken::new(),
            recording,
            recorder,
            traces,
        }
    }

    /// Lets running tests end, and starts no others.
    fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
        self.stopped.cancel();
    }

    /// Why the rest of the file is not run, if it is not.
    fn stop(&self) -> Option<Stop> {
        if self.is_cancelled.load(Ordering::Relaxed) {
            return Some(Stop::Cancelled);
        }
        let limit = self.limits.reached(&self.lock().counts, self.started.elapsed());
        if limit.is_some() {
            self.stopped.cancel();
        }
        limit
    }

    /// Stops the file when its time is over, also while nothing happens.
    async fn watch_the_time(&self) -> Infallible {
        if let Some(limit) = self.limits.time_limit_s {
            tokio::time::sleep_until((self.started + Duration::from_secs(limit.into())).into()).await;
            self.stop();
        }
        std::future::pending().await
    }

    /// Forgets the previous file.
    fn begin(&mut self, path: &Path) {
        (self.started, self.begun) = (Instant::now(), SystemTime::now());
        if !self.is_cancelled.load(Ordering::Relaxed) {
            self.stopped = CancellationToken::new();
        }
        self.job = format!("check:{}", path.display());
        self.job_of_its_own = uuid::Uuid::new_v4().to_string();
        let mut shared = self.lock();
        (shared.state, shared.counts, shared.checks, shared.v) = (JobState::default(), Counts::default(), 0, 0);
        shared.planned.clear();
    }

    fn keeping(&self) -> Keeping {
        if self.recorder.is_some() { Keeping::Everything } else { Keeping::Nothing }
    }

    fn plan<'a>(
        &'a self,
        file: &'a SuiteFile,
        vars: &'a BTreeMap<String, String>,
        secrets: &'a BTreeMap<String, String>,
        tags: &'a [String],
        sent: &'a Sent,
    ) -> PlanRun<'a> {
        let (keeping, recording) = (self.keeping(), self.recording.as_ref());
        PlanRun { suite: &file.suite, vars, secrets, tags, sent, keeping, recording }
    }

    async fn test(
        &self,
        engine: &Engine,
        file: &SuiteFile,
        vars: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, String>,
        planned: PlannedTest,
    ) {
        let mut narrator = Narrator::new(self, &planned, 0);
        let (job, recording) = (self.job_of_its_own.as_str(), self.recording.as_ref());
        let run = TestRun { suite: &file.suite, job, planned: &planned, vars, secrets, recording };
        let end = engine.run_test(run, &mut narrator).await;
        self.lock().checks += end.checks;
        narrator.finish(end);
        self.stop();
    }

    fn finish(&self, total: u32, problem: Option<String>) -> anyhow::Result<Exit> {
        let (counts, checks, digest) = {
            let mut shared = self.lock();
            shared.counts.total = total;
            (shared.counts, shared.checks, shared.state.digest())
        };
        let (verdict, stop) = Verdict::at_end(&counts, checks, self.stop());
        let verdict = if problem.is_some() { Verdict::Errored } else { verdict };
        let limit = stop.filter(|stop| *stop != Stop::Cancelled);
        let problem = problem.or_else(|| limit.map(|limit| limit.to_string()));
        let duration_ms = millis(self.started.elapsed());
        self.trace(verdict, counts, problem.as_deref());
        let finished = JobFinished { verdict, counts, duration_ms, digest, problem };
        self.publish(self.next_job_version(), EventBody::JobFinished(finished));
        let mut shared = self.lock();
        let Shared { reporter, state, .. } = &mut *shared;
        reporter.finish(state, None)?;
        Ok(Exit::from(verdict))
    }

    /// Exports the span of the file.
    fn trace(&self, verdict: Verdict, counts: Counts, problem: Option<&str>) {
        let summary = self.lock().state.summary.clone();
        self.traces.job(&JobSpan {
            job: &self.job_of_its_own,
            suite: summary.as_ref().map_or("", |job| &job.suite),
            labels: &BTreeMap::new(),
            verdict,
            counts,
            problem,
            replay_of: None,
            begun: self.begun,
            ended: SystemTime::now(),
        });
    }

    /// Ends a file whose tests do not run any more: those that have no outcome yet are cancelled.
    fn abandon(&self) -> anyhow::Result<Exit> {
        let planned = std::mem::take(&mut self.lock().planned);
        for test in &planned {
            let state = self.lock().state.tests.get(&test.test).cloned();
            if state.as_ref().is_some_and(|state| state.outcome.is_some()) {
                continue;
            }
            let (v, steps) = state.map_or((0, Vec::new()), |state| (state.v, state.steps));
            // A step that is reported by itself has a later version than its test.
            let v = steps.iter().filter_map(|step| step.v).fold(v, u64::max);
            let steps = steps.into_iter().filter(|step| step.outcome.is_some()).collect();
            let end = TestEnd {
                outcome: Outcome::Cancelled,
                duration: Duration::ZERO,
                attempt: 0,
                steps,
                earlier: Vec::new(),
                checks: 0,
            };
            Narrator::new(self, test, v % UPDATES_PER_LEASE).finish(end);
        }
        self.finish(u32::try_from(planned.len()).unwrap_or(u32::MAX), None)
    }

    fn next_job_version(&self) -> u64 {
        let mut shared = self.lock();
        shared.v += 1;
        shared.v
    }

    fn publish(&self, v: u64, body: EventBody) {
        let event = Event::of_job(&self.job, v, body, self.clock.now_text());
        let mut shared = self.lock();
        let Shared { reporter, state, .. } = &mut *shared;
        state.apply(&event);
        reporter.event(&event, state);
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
