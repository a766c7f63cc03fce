//! Chaos: servers killed at random moments while they run jobs, and started again. At the end every job that was
//! accepted is there once, has its verdict, and counts each test once.
//!
//! `make test` has a few runs of one seed, `make chaos` two hundred of any. The seed chooses the moments; what the
//! machine is at just then it cannot choose, so the same seed finds much the same, not exactly the same.

mod check;
mod numbers;
mod runs;

use fastrand::Rng;
use numbers::Numbers;
use runs::Runs;
use serde_json::json;
use std::time::{Duration, Instant};
use stepcast_tests::{Server, Site};

/// Jobs that are under way when a server is killed.
const AT_ONCE: u32 = 10;

/// A server is killed at some moment of so long, a time in which most of what happens in a job happens.
const MOMENTS: Duration = Duration::from_millis(1_200);

/// And killed again at some moment of so long, in which it recovers.
const LATER_MOMENTS: Duration = Duration::from_secs(4);

#[tokio::test]
async fn no_run_is_lost_or_counted_twice_however_often_the_server_is_killed() {
    let (runs, seed) = (setting("STEPCAST_CHAOS_RUNS", 10), setting("STEPCAST_CHAOS_SEED", 1));
    println!("chaos: {runs} runs with seed {seed}");
    let (site, begun, mut random) = (Site::start().await, Instant::now(), Rng::with_seed(seed));
    let port = free_port();
    let mut server = Server::start_with(&["--allow-private-targets", "--lease", "2s", "--port", &port]).await;
    let mut numbers = Numbers::new(seed);
    let mut first = 0;
    while first < runs {
        let next = u64::from(AT_ONCE).min(runs - first);
        let batch = Runs::start(&server, &site, first..first + next);
        server = kill_within(MOMENTS, server, &mut random, &batch, &mut numbers).await;
        if random.bool() {
            server = kill_within(LATER_MOMENTS, server, &mut random, &batch, &mut numbers).await;
        }
        batch.release(&site);
        if random.bool() {
            server = kill_within(LATER_MOMENTS, server, &mut random, &batch, &mut numbers).await;
        }
        if let Err(stuck) = batch.end().await {
            panic!("{}", stuck.explain(&server).await);
        }
        first += next;
    }
    check::everything(&server, &site, runs, &mut numbers).await;
    // A message that came as often as it may is a dead letter; the test it was for is over like all others.
    server.client().await.ask(json!({ "action": "redrive" })).await;
    server.stop_with_errors().await;
    println!("{numbers}took {} s", begun.elapsed().as_secs());
}

async fn kill_within(
    moments: Duration,
    server: Server,
    random: &mut Rng,
    batch: &Runs,
    numbers: &mut Numbers,
) -> Server {
    // Not to wait for anything: the moment is the point.
    tokio::time::sleep(moments.mul_f64(random.f64())).await;
    numbers.killed(batch);
    server.kill_and_restart().await
}

fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("`{name}` is `{text}`, and has to be a number")),
        Err(_) => default,
    }
}

/// A port nobody listens on; the clients find the server there again.
fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port().to_string()
}
