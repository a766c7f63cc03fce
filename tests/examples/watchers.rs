//! `watchers WS TOKEN WATCHERS SILENT`: many connections watch one job. Measures the time from the end of a step to its
//! arrival, at the median and at the 99th percentile, checks that all watchers end with the same state, and shows
//! whether it makes a difference that SILENT of them do not read until the others have the verdict. `bench/watchers.sh`
//! starts a server for it.

use futures_util::{SinkExt, StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use stepcast_protocol::{Event, EventBody, JobState};
use stepcast_tests::{Client, Site};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const TESTS: usize = 20;
const STEPS: usize = 3;
/// Handshakes at once, as many as a server accepts without a queue of its own.
const AT_ONCE: usize = 50;

/// One watcher and everything it received, with the time of arrival. Messages are parsed later, so that parsing delays
/// no watcher.
struct Watcher {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Vec<(f64, String)>,
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ws, token, watchers, silent] = arguments.as_slice() else {
        anyhow::bail!("watchers WS TOKEN WATCHERS SILENT")
    };
    let (watchers, silent): (usize, usize) = (watchers.parse()?, silent.parse()?);
    let site = Site::start().await;
    let begun = Instant::now();
    let mut runner = Client::connect(ws, token).await;
    let job = runner.run(suite(&site.base)).await;

    let opening = (0..watchers).map(|_| Watcher::join(ws, token, &job));
    let mut all: Vec<Watcher> =
        stream::iter(opening).buffer_unordered(AT_ONCE).map(|joined| joined.expect("joins")).collect().await;
    println!("{watchers} watchers have joined after {:.1} s", begun.elapsed().as_secs_f64());
    let behind = all.split_off(watchers - silent);
    site.release("start");
    let all = finish(all).await;
    let behind = finish(behind).await;
    report(&all, &behind, &mut runner, &job).await;
    Ok(())
}

/// Returns a suite whose steps begin when all watchers are connected.
fn suite(site: &str) -> Value {
    let step = |path: String| json!({ "name": path, "get": format!("{site}{path}"), "expect": [{ "status": 200 }, { "css": "h1", "exists": true }] });
    let test = |number: usize| {
        let paths = (0..STEPS).map(|place| format!("/slow/{number}-{place}"));
        let steps: Vec<_> = std::iter::once("/held/start".to_owned()).chain(paths).map(step).collect();
        json!({ "name": format!("Test {number}"), "steps": steps })
    };
    json!({ "suite": "Watched", "defaults": { "timeout": "2m", "host": { "concurrency": TESTS } }, "tests": (0..TESTS).map(test).collect::<Vec<_>>() })
}

impl Watcher {
    async fn join(ws: &str, token: &str, job: &str) -> anyhow::Result<Self> {
        let mut request = ws.into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let (mut socket, _) = connect_async(request).await?;
        let watch = json!({ "action": "watch", "job": job, "id": 1 }).to_string();
        socket.send(Message::text(watch)).await?;
        let mut watcher = Self { socket, heard: Vec::new() };
        watcher.read_until("\"re\":1").await?;
        Ok(watcher)
    }

    async fn read_until(&mut self, end: &str) -> anyhow::Result<()> {
        while !self.read().await?.contains(end) {}
        Ok(())
    }

    /// Reads the verdict and the results behind it: tests of other workers may arrive after the verdict.
    async fn read_all(&mut self) -> anyhow::Result<()> {
        self.read_until("\"job.finished\"").await?;
        while !self.state().is_complete() {
            self.read().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> anyhow::Result<String> {
        while let Some(message) = self.socket.next().await {
            if let Message::Text(text) = message? {
                self.heard.push((now(), text.as_str().to_owned()));
                return Ok(text.as_str().to_owned());
            }
        }
        anyhow::bail!("the connection ended")
    }

    fn events(&self) -> impl Iterator<Item = (f64, Event)> {
        let lines = self.heard.iter().flat_map(|(at, text)| text.lines().map(move |line| (*at, line)));
        lines.map(|(at, line)| (at, serde_json::from_str(line).expect("an event")))
    }

    fn state(&self) -> JobState {
        let mut state = JobState::default();
        self.events().for_each(|(_, event)| {
            state.apply(&event);
        });
        state
    }
}

/// Lets all watchers read until the verdict.
async fn finish(watchers: Vec<Watcher>) -> Vec<Watcher> {
    let reading = watchers.into_iter().map(|mut watcher| {
        tokio::spawn(async move {
            watcher.read_all().await.expect("everything");
            watcher
        })
    });
    futures_util::future::join_all(reading.collect::<Vec<_>>())
        .await
        .into_iter()
        .map(|read| read.expect("read"))
        .collect()
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
async fn report(all: &[Watcher], behind: &[Watcher], runner: &mut Client, job: &str) {
    let expected = stepcast_tests::events::fold(job, &[runner.job(job).await]).tests;
    let converged = |watchers: &[Watcher]| watchers.iter().filter(|watcher| watcher.state().tests == expected).count();
    let mut delays: Vec<f64> =
        all.iter().flat_map(Watcher::events).filter_map(|(at, event)| delay(at, &event)).collect();
    delays.sort_by(f64::total_cmp);
    let at = |share: usize| delays[(delays.len() * share / 100).min(delays.len() - 1)];
    println!(
        "{} watchers, {} of them not reading until the verdict: {} and {} end with the same state",
        all.len() + behind.len(),
        behind.len(),
        converged(all),
        converged(behind)
    );
    println!(
        "from the end of a step to its arrival: p50 {:.0} ms, p99 {:.0} ms, most {:.0} ms, of {} arrivals",
        at(50),
        at(99),
        at(100),
        delays.len()
    );
}

/// Returns how long the end of a step took to arrive, in milliseconds; both clocks are this machine's.
fn delay(arrived: f64, event: &Event) -> Option<f64> {
    let EventBody::StepFinished { .. } = event.body else { return None };
    let at: Timestamp = event.at.parse().ok()?;
    let ended: SystemTime = at.into();
    Some(arrived - ended.duration_since(UNIX_EPOCH).ok()?.as_secs_f64() * 1_000.0)
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64() * 1_000.0
}
