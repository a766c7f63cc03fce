//! Clients that continue until they have their verdict, however often the connection ends.

use serde_json::{Value, json};
use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};
use stepcast_tests::events::{page, suite};
use stepcast_tests::{Client, PATIENCE, Server, Site};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Tests of a run.
pub const TESTS: usize = 4;

/// How long a client waits before it connects again.
const PAUSE: Duration = Duration::from_millis(50);

/// The progress of a run, as far as its client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Phase {
    Asked,
    Accepted,
    Finished,
}

/// Runs that are under way at the same time.
pub struct Runs {
    all: Vec<Run>,
}

struct Run {
    number: u64,
    phase: Arc<AtomicU8>,
    client: JoinHandle<Result<(), Stuck>>,
}

impl Runs {
    /// Starts clients that request these runs, all at once.
    pub fn start(server: &Server, site: &Site, numbers: Range<u64>) -> Self {
        let start = |number| {
            let phase = Arc::new(AtomicU8::new(Phase::Asked as u8));
            let (ws, token, command) = (server.ws.clone(), server.token.clone(), command(site, number));
            let client = tokio::spawn(ask(ws, token, command, phase.clone()));
            Run { number, phase, client }
        };
        Self { all: numbers.map(start).collect() }
    }

    /// Returns how many of the runs are exactly in this phase.
    pub fn in_phase(&self, phase: Phase) -> usize {
        self.all.iter().filter(|run| run.phase.load(Ordering::SeqCst) == phase as u8).count()
    }

    /// Lets the runs end; until then each has a test that waits for its page.
    pub fn release(&self, site: &Site) {
        self.all.iter().for_each(|run| site.release(&run.number.to_string()));
    }

    /// Waits for all verdicts. Returns the first client that waits too long, with everything it received.
    pub async fn end(self) -> Result<(), Stuck> {
        for run in self.all {
            // Longer than the client waits for an event: a stuck client must be able to report itself.
            let ended = timeout(2 * PATIENCE, run.client).await;
            let Ok(ended) = ended else { panic!("run {} has no verdict, on however many connections", run.number) };
            ended.expect("the client does not panic")?;
        }
        Ok(())
    }
}

/// A client with an open connection that received no verdict.
pub struct Stuck {
    run: Value,
    /// Everything it received on this connection, with the milliseconds since it connected
    heard: Vec<(u128, Value)>,
}

impl Stuck {
    /// Returns what the client received, and what the server knows of the job and has logged.
    pub async fn explain(&self, server: &Server) -> String {
        let mut text =
            format!("run {} heard no verdict in {} seconds on its connection\n", self.run, PATIENCE.as_secs());
        for (at, event) in &self.heard {
            let _ = writeln!(text, "{at:>8} ms  {event}");
        }
        let mut client = server.client().await;
        let jobs = client.ask(json!({ "action": "jobs", "labels": { "run": self.run.to_string() } })).await;
        let _ = writeln!(text, "the server lists {jobs}");
        for job in jobs["jobs"].as_array().into_iter().flatten().filter_map(|job| job["job"].as_str()) {
            let _ = writeln!(text, "its state is {}", client.job(job).await);
        }
        text + "the server's log:\n" + &server.log()
    }
}

/// Requests the run until there is a verdict, each time with the same key.
async fn ask(ws: String, token: String, command: Value, phase: Arc<AtomicU8>) -> Result<(), Stuck> {
    let authorization = format!("Bearer {token}");
    loop {
        if let Ok(mut client) = Client::try_connect(&ws, &[("authorization", &authorization)]).await
            && hears_verdict(&mut client, &command, &phase).await?.is_some()
        {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Reads one connection until the verdict. `None` if the connection ends first.
async fn hears_verdict(client: &mut Client, command: &Value, phase: &AtomicU8) -> Result<Option<()>, Stuck> {
    if client.try_send(command).await.is_none() {
        return Ok(None);
    }
    let (begun, mut heard) = (Instant::now(), Vec::new());
    loop {
        let Ok(event) = timeout(PATIENCE, client.try_next()).await else {
            return Err(Stuck { run: command["id"].clone(), heard });
        };
        let Some(event) = event else { return Ok(None) };
        if event["re"] == command["id"] && event["job"].is_null() {
            // The error is temporary here: the server was stopping or starting.
            return Ok(None);
        }
        // This connection watches one job, so every event of a job is about it. The verdict can overtake the answer to
        // the command: the state in that answer was read before the job ended.
        let is_end = event["verdict"].is_string();
        if event["job"].is_string() {
            phase.fetch_max(if is_end { Phase::Finished } else { Phase::Accepted } as u8, Ordering::SeqCst);
        }
        heard.push((begun.elapsed().as_millis(), event));
        if is_end {
            return Ok(Some(()));
        }
    }
}

fn command(site: &Site, number: u64) -> Value {
    let base = &site.base;
    let tests = [
        page("Page", &format!("{base}/page/{number}")),
        page("Another", &format!("{base}/page/{number}-again")),
        page("Slow", &format!("{base}/slow/{number}")),
        page("Held", &format!("{base}/held/{number}")),
    ];
    let mut all = suite(&tests);
    all["defaults"] = json!({ "host": { "concurrency": 32, "interval": "0ms" } });
    let (key, labels) = (format!("chaos {number}"), json!({ "run": number.to_string() }));
    json!({ "action": "run", "suite": all, "labels": labels, "idempotency_key": key, "id": number })
}
