//! Chaos: servers are killed at random moments while they run jobs, and started again. At the end every accepted job
//! exists once, has its verdict, and counts each test once.
//!
//! `make test` has a few runs of one seed, `make chaos` two hundred of any. The seed chooses the moments, but not what
//! the machine does at these moments, so the same seed gives similar but not identical runs.

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

/// A server is killed at a random moment of this period, in which most of a job happens.
const MOMENTS: Duration = Duration::from_millis(1_200);

/// It is killed again at a random moment of this period, in which it recovers.
const LATER_MOMENTS: Duration = Duration::from_secs(4);

#[tokio::test]
async fn no_run_is_lost_or_counted_twice_if_the_server_is_killed_often() {
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
    // A message that was received as often as allowed is a dead letter; its test has ended like all others.
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
    // This waits for no event: the random moment is the purpose.
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

/// Returns a port that is not in use; the clients find the restarted server there.
fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port().to_string()
}
