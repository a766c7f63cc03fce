//! A running job, and the rest of the world, which goes on: messages come back, time passes, the reaper runs.

use super::fault::Faults;
use super::process::Process;
use crate::world::{LEASE, QUEUES, World, id};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use stepcast_local::queue::ReceivedMessage;
use stepcast_platform::Config;
use stepcast_platform::table::{Connection, topic_feed};
use stepcast_protocol::command::Detail;
use stepcast_protocol::event::Role;

/// The connection that asks for the run.
pub const CALLER: &str = "caller";

/// A connection that watches all jobs.
pub const DASHBOARD: &str = "dashboard";

/// Longer than the SDK waits for an answer.
pub const ATTEMPT: Duration = Duration::from_secs(26);

/// Of how many tests of a job the evidence is kept. With all of a full batch, there would be hundreds of requests to be
/// killed at.
pub const KEPT_TESTS: u32 = 3;

/// Far more batches and pauses than any job here needs: a job that takes so many never ends.
const ROUNDS: usize = 100;

/// How a job is divided, and how its messages are received.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many tests the job has
    pub tests: u32,
    /// How many workers they are divided among
    pub workers: u32,
    /// How many messages a worker gets at once
    pub messages: usize,
}

/// Three batches of one test each, one after the other.
pub const ONE_BY_ONE: Shape = Shape { tests: 3, workers: 10, messages: 1 };

/// Three batches of one test each, all at once.
pub const TOGETHER: Shape = Shape { tests: 3, workers: 10, messages: 10 };

/// One full batch. Its tests end in several waves, and so in several writes.
pub const ONE_BATCH: Shape = Shape { tests: 25, workers: 1, messages: 1 };

/// A world with two clients, in which jobs can run.
pub struct Scene {
    pub world: World,
    /// The faults that the functions' requests to the services meet
    pub faults: Faults,
    pub shape: Shape,
    config: Config,
    runs: AtomicU32,
}

/// The result of a step of the world.
enum Step {
    Quiet,
    Taken,
    Killed,
}

/// A run that a client requested, by the id of the command.
pub type Run = u32;

impl Scene {
    /// Creates a world with two connected clients and no job.
    pub async fn new(shape: Shape) -> Self {
        let (world, faults) = (World::start().await, Faults::none());
        let config = world.services.serve_behind(|service| faults.in_front_of(service)).await;
        let config = Config { workers: shape.workers, ..config };
        let table = world.platform().table;
        for connection in [CALLER, DASHBOARD] {
            let (principal, connected_at) = (connection.to_owned(), world.after(Duration::ZERO));
            let known = Connection {
                connection: id(connection),
                principal,
                role: Role::Runner,
                connected_at,
                job: None,
                without_evidence: false,
                counted_for: None,
                token: None,
            };
            table.put_connection(&known).await.expect("the table");
        }
        table.watch(&topic_feed(), &id(DASHBOARD), &Detail::default()).await.expect("the table");
        Self { world, faults, shape, config, runs: AtomicU32::new(0) }
    }

    /// Starts a process that may meet faults.
    pub async fn process(&self) -> Process {
        self.process_ahead(Duration::ZERO).await
    }

    /// Does the same with a clock that is ahead by this much.
    pub async fn process_ahead(&self, by: Duration) -> Process {
        Process::start(&self.world, &self.config, &self.faults, by).await
    }

    /// Requests a new run as the caller, and expects it to be accepted. Its planning is queued.
    pub async fn accepted(&self, process: &Process) -> Run {
        let run = self.next_run();
        assert!(self.ask(process, run).await, "the process is not killed");
        assert!(self.job(run).is_some(), "it was accepted");
        run
    }

    /// Returns a run that was not requested before.
    pub fn next_run(&self) -> Run {
        self.runs.fetch_add(1, Ordering::SeqCst)
    }

    /// Requests a run as the caller, perhaps again. Returns `false` if the handler was killed.
    pub async fn ask(&self, process: &Process, run: Run) -> bool {
        let mut event = ApiGatewayWebsocketProxyRequest::default();
        event.request_context.connection_id = Some(CALLER.to_owned());
        event.body = Some(command(&self.world.site, self.shape.tests, run).to_string());
        let asked = process.handler(|platform| async move {
            // If not even an error can be sent, API Gateway reports a failure to the client itself.
            let _ = stepcast_handlers::default::default(&platform, event).await;
        });
        asked.await.is_some()
    }

    /// Returns the job that the caller received in answer to this run.
    pub fn job(&self, run: Run) -> Option<String> {
        let answers = self.answers(run);
        let answer = answers.iter().find(|event| event["type"] == "job.accepted" || event["type"] == "job.state");
        answer.and_then(|event| event["job"].as_str()).map(str::to_owned)
    }

    /// Returns the answers that the caller received to this run.
    pub fn answers(&self, run: Run) -> Vec<Value> {
        let mut heard = self.world.heard_by(CALLER);
        heard.retain(|event| event["re"] == run);
        heard
    }

    /// Returns whether nothing is left to do: no message anywhere, no open job.
    async fn is_quiet(&self) -> bool {
        let counts = self.world.services.queue.counts(QUEUES[0]).await.expect("the queue");
        let open = self.world.platform().table.open_jobs().await.expect("the table");
        (counts.visible, counts.in_flight, counts.delayed) == (0, 0, 0) && open.is_empty()
    }

    /// Takes a batch of messages from the queue.
    pub async fn receive(&self) -> Vec<ReceivedMessage> {
        self.world.services.queue.take(QUEUES[0], self.shape.messages, None).await.expect("the queue")
    }

    /// Deletes the messages that a worker has finished, as the event source mapping does.
    async fn delete(&self, batch: &[ReceivedMessage], response: &SqsBatchResponse) {
        for message in batch {
            let is_it = |id: &str| id == message.message_id;
            if !response.batch_item_failures.iter().any(|failed| is_it(&failed.item_identifier)) {
                let deleted = self.world.services.queue.delete(QUEUES[0], &message.receipt_handle).await;
                deleted.expect("the queue");
            }
        }
    }

    /// Runs the world until nothing is left to do. A killed process is replaced by another, and a request that is never
    /// answered soon times out.
    pub async fn go_on(&self, process: &mut Process) {
        for _ in 0..ROUNDS {
            let timers = process.timers();
            let step = tokio::select! {
                step = self.step(process) => step,
                () = timers.skip_whenever(self.faults.hangs(), ATTEMPT) => unreachable!("the faults are there"),
            };
            match step {
                Step::Quiet => return,
                Step::Taken => {}
                Step::Killed => *process = self.process().await,
            }
        }
        panic!("after {ROUNDS} batches and pauses there is still something to do");
    }

    /// Runs the world until the process is killed.
    pub async fn until_killed(&self, process: &Process) {
        for _ in 0..ROUNDS {
            match self.step(process).await {
                Step::Quiet => break,
                Step::Taken => {}
                Step::Killed => return,
            }
        }
        panic!("no process was killed");
    }

    /// Works on the next batch. If there is none, lets time pass and runs the reaper.
    async fn step(&self, process: &Process) -> Step {
        let batch = self.receive().await;
        if batch.is_empty() && self.is_quiet().await {
            return Step::Quiet;
        }
        let survived = if batch.is_empty() {
            self.world.wait(LEASE + Duration::from_secs(1));
            process.reap().await.is_some()
        } else {
            self.work_off(process, &batch).await
        };
        if survived { Step::Taken } else { Step::Killed }
    }

    /// Lets a worker handle a batch. Returns `false` if it was killed.
    pub async fn work_off(&self, process: &Process, batch: &[ReceivedMessage]) -> bool {
        let Some(response) = process.handle(event(batch)).await else { return false };
        self.delete(batch, &response).await;
        true
    }
}

/// Returns a batch as a worker gets it.
pub fn event(batch: &[ReceivedMessage]) -> SqsEvent {
    let record = |message: &ReceivedMessage| {
        let mut record = SqsMessage::default();
        record.message_id = Some(message.message_id.clone());
        record.receipt_handle = Some(message.receipt_handle.clone());
        record.body = Some(message.body.clone());
        record
    };
    let mut event = SqsEvent::default();
    event.records = batch.iter().map(record).collect();
    event
}

/// Returns a `run` of this many tests. Every third one fails. What the first sent and received is kept. Each run is
/// on a branch of its own, so that it leaves the baselines of its tests as the first one does.
fn command(site: &str, tests: u32, run: Run) -> Value {
    let page = |test: u32| {
        let status = if test % 3 == 1 { 410 } else { 200 };
        let evidence = if test < KEPT_TESTS { "failed" } else { "none" };
        let (name, address) = (format!("Page {test}"), format!("{site}/page"));
        json!({ "name": name, "get": address, "expect": [{ "status": status }], "evidence": evidence })
    };
    let tests: Vec<_> = (0..tests).map(page).collect();
    // A page must not time out when the timers are advanced for a request that hangs.
    let defaults = json!({ "timeout": "2m", "host": { "concurrency": 10 } });
    let suite = json!({ "suite": "Example", "defaults": defaults, "tests": tests });
    let labels = json!({ "branch": key(run) });
    json!({ "action": "run", "suite": suite, "labels": labels, "idempotency_key": key(run), "id": run })
}

/// Returns the idempotency key of a run.
pub fn key(run: Run) -> String {
    format!("run {run}")
}
