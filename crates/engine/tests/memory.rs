//! How much memory ten of the worst pages take at once. It is a test of its own, because it measures its process.
#![cfg(target_os = "linux")]

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::process::Command;
use stepcast_engine::{Engine, EngineConfig, Keeping, Observer, PlanRun, Sent, StepRequests, TestRun};
use stepcast_protocol::state::{EarlierAttempt, StepState};
use stepcast_suite::Suite;
use tokio_util::sync::CancellationToken;

/// What a worker on Lambda has, in MiB: `WorkerMemory` in `infra/template.yaml`.
const BOUND: usize = 512;
/// `MALLOC_ARENA_MAX` of the worker in `infra/template.yaml`.
const ARENAS: &str = "2";
/// As many as a worker gets in a batch.
const AT_ONCE: usize = 10;

/// Most bytes of a body that a worker keeps.
const KEPT: usize = 1024 * 1024;

/// Keeps the requests of a test, as a worker does.
#[derive(Default)]
struct Keeper(Vec<StepRequests>);

impl Observer for Keeper {
    fn keeping(&self) -> Keeping {
        Keeping::Steps { bytes: KEPT }
    }
    fn exchanged(&mut self, _: &StepState, requests: StepRequests) {
        self.0.push(requests);
    }
    fn attempt_started(&mut self, _: u32, _: &[EarlierAttempt]) {}
    fn step_started(&mut self, _: StepState) {}
    fn step_finished(&mut self, _: StepState) {}
    fn stopped(&self) -> CancellationToken {
        CancellationToken::new()
    }
}

/// The most memory this process ever had, in MiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("the process's status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") / 1024
}

async fn serve(kind: &'static str, body: String) -> String {
    let body = Bytes::from(body);
    let router = Router::new().route("/", get(move || async move { ([("content-type", kind)], body) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

/// Runs the measurement in a process of its own, whose memory is allocated as on Lambda.
#[test]
fn ten_of_the_worst_pages_fit_into_a_worker() {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    let ran = command.args(["--exact", "measure", "--nocapture"]).env("MALLOC_ARENA_MAX", ARENAS).output();
    let ran = ran.expect("the test runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(String::from_utf8_lossy(&ran.stdout).contains("1 passed"), "nothing was measured");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn measure() {
    if std::env::var("MALLOC_ARENA_MAX").as_deref() != Ok(ARENAS) {
        return;
    }
    let config = EngineConfig { allow_private_targets: true, ..EngineConfig::default() };
    let engine = Engine::new(config).expect("an engine");
    let pages = [
        ("text/html", "<li>x".repeat(250_000)),
        ("text/html", "x".repeat(10_000_000)),
        ("application/json", format!("[{}0]", "0,".repeat(999_000))),
        ("application/json", format!("[{}0]", "{\"a\":0},".repeat(150_000))),
        // Just small enough that none of them waits for another.
        ("text/html", "<p>x".repeat(65_000)),
        ("text/html", "<p a>".repeat(52_000)),
    ];
    for (kind, body) in pages {
        let address = serve(kind, body).await;
        let text = format!(
            "suite: s\ntests: [ {{ name: t, get: '{address}', expect: [ {{ css: 'p b', exists: false }}, {{ xpath: '//p/b', \
             exists: false }}, {{ json: '$[*]', count: {{ at_least: 0 }} }}, {{ css: li, texts: [] }} ] }} ]"
        );
        let suite = Suite::parse(&text).expect("a suite");
        let none = BTreeMap::new();
        let (sent, secrets) = (Sent::default(), BTreeMap::from([("key".to_owned(), "correct horse".to_owned())]));
        let (vars, keeping) = (&none, Keeping::Nothing);
        let secrets = &secrets;
        let plan_run = PlanRun { suite: &suite, vars, secrets, tags: &[], sent: &sent, keeping, recording: None };
        let plan = engine.plan(plan_run).await.tests.expect("a plan");
        join_all((0..AT_ONCE).map(|_| async {
            let run = TestRun { suite: &suite, job: "job", planned: &plan[0], vars, secrets, recording: None };
            let mut keeper = Keeper::default();
            engine.run_test(run, &mut keeper).await;
            assert!(keeper.0.iter().any(|requests| !requests.evidence(KEPT).bodies.is_empty()), "it is kept");
        }))
        .await;
        assert!(peak() < BOUND, "{} MiB after ten of {kind}", peak());
    }
}
