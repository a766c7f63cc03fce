//! Follows a job to its verdict, through lost connections and lost events.
//!
//! Everything that was missed is requested again: after a reconnect, after a silence, and when the verdict's
//! fingerprint shows that something is missing. A verdict is accepted only when everything it is based on has arrived.

use super::ClientError;
use super::backoff::Backoff;
use super::link::{Heard, Link, until};
use super::session::refused_or;
use crate::endpoint::Endpoint;
use crate::interrupts::Interrupts;
use crate::report::Reporter;
use std::time::Duration;
use stepcast_protocol::command::{Detail, Level, Topic};
use stepcast_protocol::state::JobStatus;
use stepcast_protocol::{Command, Event, EventBody, JobId, JobState, RequestId};
use tokio::time::{Instant, sleep_until, timeout};

/// How long the server may be silent before the state is requested.
const SILENCE: Duration = Duration::from_secs(10);

/// How long a server may be away.
const GIVE_UP_AFTER: Duration = Duration::from_mins(2);

/// How often the state is requested after the verdict, while something is missing.
const QUESTIONS: u32 = 5;
const QUESTION_PAUSE: Duration = Duration::from_secs(2);

/// The id of the command that starts or joins the job.
const QUESTION: RequestId = RequestId::Number(1);

/// How following a job ended.
pub(crate) enum Followed {
    /// With its verdict; everything has arrived
    Finished(JobState),
    /// With its verdict, and something that never arrived
    Incomplete(JobState),
    /// Without a verdict, in the time that was given
    TimedOut,
    /// The user left without waiting
    Left,
}

/// Follows one job.
pub(crate) struct Follower<'a> {
    endpoint: &'a Endpoint,
    link: Link,
    start: Command,
    job: Option<JobId>,
    /// How much of the job is asked for
    detail: Level,
    state: JobState,
    /// Shows what happens
    pub reporter: Reporter,
    questions: u32,
    interrupts: Interrupts,
    interrupted: u32,
}

impl<'a> Follower<'a> {
    /// Sends the command that starts or joins a job. It may be sent again after a lost connection, so starting has to
    /// carry an idempotency key.
    pub async fn start(endpoint: &'a Endpoint, start: Command, reporter: Reporter) -> Result<Self, ClientError> {
        // Before the command is sent: a job that nobody follows is cancelled, however early Ctrl-C comes.
        let mut interrupts = Interrupts::listen().map_err(|error| ClientError::Interrupts(error.to_string()))?;
        let link = tokio::select! {
            link = Link::open(endpoint) => link?,
            () = interrupts.next() => return Err(ClientError::Left),
        };
        let job = match &start {
            Command::Watch(Topic::Job(job, _)) => Some(job.clone()),
            _ => None,
        };
        let detail = reporter.detail();
        let state = JobState::default();
        let mut follower =
            Self { endpoint, link, start, job, detail, state, reporter, questions: 0, interrupts, interrupted: 0 };
        follower.ask().await;
        Ok(follower)
    }

    /// The job, once the server has accepted it. It is being cancelled if Ctrl-C came before that.
    pub async fn accepted(&mut self) -> Result<JobId, ClientError> {
        let waiting = async {
            loop {
                if let Some(job) = self.job.clone() {
                    if self.is_interrupted() {
                        self.cancel().await;
                    }
                    return Ok(job);
                }
                tokio::select! {
                    heard = self.link.hear(is_answer) => self.take_heard(heard).await?,
                    () = self.interrupts.next() => {
                        self.interrupted += 1;
                        if self.interrupted > 1 {
                            return Err(ClientError::Left);
                        }
                        self.reporter.note("waiting for the job's id, to cancel it; press Ctrl-C again to leave");
                    }
                }
            }
        };
        let answer = timeout(GIVE_UP_AFTER, waiting).await;
        answer.map_err(|_| ClientError::Silent { seconds: GIVE_UP_AFTER.as_secs() })?
    }

    /// Follows the job until its verdict; the first interrupt cancels it, the second leaves.
    pub async fn follow(&mut self, most: Option<Duration>) -> Result<Followed, ClientError> {
        let deadline = most.map(|most| Instant::now() + most);
        let mut silence = Instant::now() + SILENCE;
        loop {
            tokio::select! {
                heard = self.link.hear(is_answer) => {
                    silence = Instant::now() + SILENCE;
                    self.take_heard(heard).await?;
                    if self.is_finished() {
                        if self.state.is_complete() {
                            return Ok(Followed::Finished(std::mem::take(&mut self.state)));
                        }
                        silence = Instant::now() + if self.questions == 0 { Duration::ZERO } else { QUESTION_PAUSE };
                    }
                }
                () = sleep_until(silence) => {
                    if self.is_finished() {
                        self.questions += 1;
                        if self.questions > QUESTIONS {
                            return Ok(Followed::Incomplete(std::mem::take(&mut self.state)));
                        }
                        silence = Instant::now() + QUESTION_PAUSE;
                    } else {
                        silence = Instant::now() + SILENCE;
                    }
                    self.ask().await;
                }
                () = until(deadline) => return Ok(Followed::TimedOut),
                () = self.interrupts.next() => {
                    self.interrupted += 1;
                    if self.interrupted > 1 || self.job.is_none() {
                        return Ok(Followed::Left);
                    }
                    self.cancel().await;
                }
            }
        }
    }

    /// Whether somebody pressed Ctrl-C.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted > 0
    }

    async fn cancel(&mut self) {
        let Some(job) = self.job.clone() else { return };
        self.reporter.note("cancelling; press Ctrl-C again to leave without waiting");
        self.link.send(Command::Cancel { job }).await;
    }

    fn is_finished(&self) -> bool {
        self.state.summary.as_ref().is_some_and(|job| job.status == JobStatus::Finished)
    }

    async fn take_heard(&mut self, heard: Heard) -> Result<(), ClientError> {
        match heard {
            Heard::Event(event) => self.take(*event)?,
            Heard::Opened => self.ask().await,
            Heard::Lost => self.reconnect().await?,
        }
        Ok(())
    }

    /// Takes an event in and shows it, if it is about our job.
    fn take(&mut self, event: Event) -> Result<(), ClientError> {
        let is_answer = is_answer(&event);
        if self.job.is_some() && matches!(event.body, EventBody::Error { temporary: true, .. }) {
            // The job goes on; its state is requested again after the next silence.
            return Ok(());
        }
        let event = if is_answer { refused_or(event)? } else { event };
        if let EventBody::Bye { code, reconnect: false } = &event.body {
            return Err(ClientError::Ended { code: code.clone() });
        }
        if self.job.is_none() {
            // Events can overtake the answer that names the job. The connection watches nothing else, so they belong to
            // it.
            self.job = event.job.as_deref().and_then(|job| job.parse().ok());
        }
        if self.job.is_none() || event.job.as_deref() != self.job.as_ref().map(JobId::as_str) {
            return Ok(());
        }
        self.state.apply(&event);
        self.reporter.event(&event, &self.state);
        Ok(())
    }

    /// Requests the state of the job, or the job itself while its id is unknown.
    async fn ask(&mut self) {
        let command = match &self.job {
            Some(job) => Command::Watch(Topic::Job(job.clone(), Detail::of(self.detail))),
            None => self.start.clone(),
        };
        self.link.ask(QUESTION, command).await;
    }

    async fn reconnect(&mut self) -> Result<(), ClientError> {
        let give_up = Instant::now() + GIVE_UP_AFTER;
        let mut backoff = Backoff::new();
        loop {
            match Link::open(self.endpoint).await {
                Ok(link) => {
                    self.link = link;
                    self.ask().await;
                    return Ok(());
                }
                Err(error @ ClientError::Unreachable { .. }) if Instant::now() > give_up => return Err(error),
                Err(ClientError::Unreachable { .. }) => {}
                Err(error) => return Err(error),
            }
            backoff.wait().await;
        }
    }
}

/// Whether an event answers the last request.
fn is_answer(event: &Event) -> bool {
    event.re == Some(QUESTION)
}
