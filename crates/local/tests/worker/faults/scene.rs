//! A job under way, and the rest of the world, which goes on: messages come again, time passes, the reaper looks.

use super::fault::Faults;
use super::process::Process;
use crate::world::{LEASE, QUEUES, World};
use aws_lambda_events::apigw::ApiGatewayWebsocketProxyRequest;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use stepcast_local::queue::ReceivedMessage;
use stepcast_platform::Config;
use stepcast_platform::table::{Connection, topic_feed};
use stepcast_protocol::event::Role;

/// The connection that asks for the run.
pub const CALLER: &str = "caller";

/// A connection that watches all jobs.
pub const DASHBOARD: &str = "dashboard";

/// Longer than the SDK waits for an answer.
pub const ATTEMPT: Duration = Duration::from_secs(26);

/// Far more than any job here needs: after so many batches and pauses something goes round in circles.
const ROUNDS: usize = 100;

/// A world with two clients, in which jobs may be.
pub struct Scene {
    pub world: World,
    /// What the functions meet on their way to the services
    pub faults: Faults,
    /// How many messages a worker gets at once
    pub batch: usize,
    config: Config,
    runs: AtomicU32,
}

/// What a step of the world came to.
enum Step {
    Quiet,
    Taken,
    Killed,
}

/// Something a client asked for, by the id of the command.
pub type Run = u32;

impl Scene {
    /// Two clients are connected, and nothing was asked for. Workers get so many messages at once.
    pub async fn new(batch: usize) -> Self {
        let (world, faults) = (World::start().await, Faults::none());
        let config = world.services.serve_behind(|service| faults.in_front_of(service)).await;
        let table = world.platform().table;
        for connection in [CALLER, DASHBOARD] {
            let (principal, connected_at) = (connection.to_owned(), world.after(Duration::ZERO));
            let known = Connection {
                connection: connection.to_owned(),
                principal,
                role: Role::Runner,
                connected_at,
                job: None,
                counted_for: None,
                token: None,
            };
            table.put_connection(&known).await.expect("the table");
        }
        table.watch(&topic_feed(), DASHBOARD).await.expect("the table");
        Self { world, faults, batch, config, runs: AtomicU32::new(0) }
    }

    /// A process that may meet faults.
    pub async fn process(&self) -> Process {
        self.process_ahead(Duration::ZERO).await
    }

    /// The same with a clock that is ahead by so much.
    pub async fn process_ahead(&self, by: Duration) -> Process {
        Process::start(&self.world, &self.config, &self.faults, by).await
    }

    /// The caller asks for something new and is told that it was accepted; its planning is queued.
    pub async fn accepted(&self, process: &Process) -> Run {
        let run = self.next_run();
        assert!(self.ask(process, run).await, "nobody kills it");
        assert!(self.job(run).is_some(), "it was accepted");
        run
    }

    /// What nobody has asked for before.
    pub fn next_run(&self) -> Run {
        self.runs.fetch_add(1, Ordering::SeqCst)
    }

    /// The caller asks for a run, perhaps again. `false`, where the handler was killed.
    pub async fn ask(&self, process: &Process, run: Run) -> bool {
        let mut event = ApiGatewayWebsocketProxyRequest::default();
        event.request_context.connection_id = Some(CALLER.to_owned());
        event.body = Some(command(&self.world.site, run).to_string());
        let asked = process.handler(|platform| async move {
            // Where not even an error can be sent, API Gateway tells the client that something went wrong.
            let _ = stepcast_handlers::default::default(&platform, event).await;
        });
        asked.await.is_some()
    }

    /// The job the caller was told of when it asked for a run.
    pub fn job(&self, run: Run) -> Option<String> {
        let answers = self.answers(run);
        let told = answers.iter().find(|event| event["type"] == "job.accepted" || event["type"] == "job.state");
        told.and_then(|event| event["job"].as_str()).map(str::to_owned)
    }

    /// What the caller was answered when it asked for a run.
    pub fn answers(&self, run: Run) -> Vec<Value> {
        let mut heard = self.world.heard_by(CALLER);
        heard.retain(|event| event["re"] == run);
        heard
    }

    /// Whether there is nothing left to do: no message anywhere, no open job.
    async fn is_quiet(&self) -> bool {
        let counts = self.world.services.queue.counts(QUEUES[0]).await.expect("the queue");
        let open = self.world.platform().table.open_jobs().await.expect("the table");
        (counts.visible, counts.in_flight, counts.delayed) == (0, 0, 0) && open.is_empty()
    }

    /// Takes a batch of what is in the queue.
    pub async fn receive(&self) -> Vec<ReceivedMessage> {
        self.world.services.queue.take(QUEUES[0], self.batch, None).await.expect("the queue")
    }

    /// Deletes what a worker is done with, as the event source mapping does.
    async fn delete(&self, batch: &[ReceivedMessage], response: &SqsBatchResponse) {
        for message in batch {
            let is_it = |id: &str| id == message.message_id;
            if !response.batch_item_failures.iter().any(|failed| is_it(&failed.item_identifier)) {
                let deleted = self.world.services.queue.delete(QUEUES[0], &message.receipt_handle).await;
                deleted.expect("the queue");
            }
        }
    }

    /// Lets happen what is left to happen. Who is killed is followed by another, and who waits for an answer that never
    /// comes does not wait for long.
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

    /// Lets happen what happens until the process is killed.
    pub async fn until_killed(&self, process: &Process) {
        for _ in 0..ROUNDS {
            match self.step(process).await {
                Step::Quiet => break,
                Step::Taken => {}
                Step::Killed => return,
            }
        }
        panic!("nobody was killed");
    }

    /// The next batch; or where there is none, some time, and a look of the reaper.
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

    /// Has a worker work off a batch. `false`, where it was killed.
    pub async fn work_off(&self, process: &Process, batch: &[ReceivedMessage]) -> bool {
        let Some(response) = process.handle(event(batch)).await else { return false };
        self.delete(batch, &response).await;
        true
    }
}

/// A batch as a worker gets it.
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

/// Three tests, one of which fails.
fn command(site: &str, run: Run) -> Value {
    let page = |name: &str, status: u16| json!({ "name": name, "get": format!("{site}/page"), "expect": [{ "status": status }] });
    let tests = [page("Home", 200), page("Gone", 410), page("Shop", 200)];
    // No page takes as long as the requests of which nobody waits for the end.
    let suite = json!({ "suite": "Example", "defaults": { "timeout": "2m" }, "tests": tests });
    json!({ "action": "run", "suite": suite, "idempotency_key": key(run), "id": run })
}

/// What a run is known by when it is asked for again.
pub fn key(run: Run) -> String {
    format!("run {run}")
}
