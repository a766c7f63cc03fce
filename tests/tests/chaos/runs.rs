//! Clients that want their verdict, however often the connection ends.

use serde_json::{Value, json};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use stepcast_tests::events::{page, suite};
use stepcast_tests::{Client, Server, Site, within};
use tokio::task::JoinHandle;

/// Tests of a run.
pub const TESTS: usize = 4;

/// How long a client waits before it connects again.
const PAUSE: Duration = Duration::from_millis(50);

/// How far a client knows its run to be.
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
    client: JoinHandle<()>,
}

impl Runs {
    /// Clients ask for these, all at once.
    pub fn start(server: &Server, site: &Site, numbers: Range<u64>) -> Self {
        let start = |number| {
            let phase = Arc::new(AtomicU8::new(Phase::Asked as u8));
            let (ws, token, command) = (server.ws.clone(), server.token.clone(), command(site, number));
            let client = tokio::spawn(ask(ws, token, command, phase.clone()));
            Run { number, phase, client }
        };
        Self { all: numbers.map(start).collect() }
    }

    /// How many of them are so far and no further.
    pub fn in_phase(&self, phase: Phase) -> usize {
        self.all.iter().filter(|run| run.phase.load(Ordering::SeqCst) == phase as u8).count()
    }

    /// Lets them end; until here each has a test that waits for its page.
    pub fn release(&self, site: &Site) {
        self.all.iter().for_each(|run| site.release(&run.number.to_string()));
    }

    /// Waits for all verdicts.
    pub async fn end(self) {
        for run in self.all {
            within(&format!("the verdict of run {}", run.number), run.client).await.expect("the client does not fail");
        }
    }
}

/// Asks until there is a verdict, each time with the same key.
async fn ask(ws: String, token: String, command: Value, phase: Arc<AtomicU8>) {
    let authorization = format!("Bearer {token}");
    loop {
        if let Ok(mut client) = Client::try_connect(&ws, &[("authorization", &authorization)]).await
            && hears_verdict(&mut client, &command, &phase).await.is_some()
        {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn hears_verdict(client: &mut Client, command: &Value, phase: &AtomicU8) -> Option<()> {
    let told = client.try_send_until(command, |event| event["re"] == command["id"]).await?;
    // An error is temporary here: the server was stopping or starting.
    let job = told["job"].as_str()?.to_owned();
    phase.store(Phase::Accepted as u8, Ordering::SeqCst);
    if told["verdict"].is_null() {
        client.try_until(|event| event["job"] == job.as_str() && event["verdict"].is_string()).await?;
    }
    phase.store(Phase::Finished as u8, Ordering::SeqCst);
    Some(())
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
