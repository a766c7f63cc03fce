//! The limits of a host hold for all workers of a deployment together. Each worker here is what a process is on Lambda:
//! it shares nothing with the others but the table.

use crate::world::{JOB, LEASE, World, batch, failed, id, planning, serve, test, worker};
use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use futures_util::future::join_all;
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use stepcast_engine::EngineConfig;
use stepcast_platform::table::topic_job;
use stepcast_platform::{Clock, Platform};
use stepcast_protocol::Verdict;
use stepcast_protocol::command::Detail;
use stepcast_protocol::state::JobLimits;
use stepcast_worker::Worker;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long the site takes for an answer.
const ANSWER: Duration = Duration::from_millis(20);

/// The pause that the site asks for.
const PAUSE: Duration = Duration::from_secs(4);

/// How long it may take until every worker knows of a pause: each renews what it holds once a second.
const HEARD: Duration = Duration::from_millis(1_500);

/// A site that counts. `/page` answers after a while, `/busy` asks for a pause when it is visited first, `/held` answers
/// when it is let go.
#[derive(Clone, Default)]
struct Site {
    seen: Arc<Mutex<Seen>>,
    let_go: watch::Sender<bool>,
}

#[derive(Default)]
struct Seen {
    now: usize,
    most: usize,
    starts: Vec<Instant>,
}

impl Site {
    async fn start(&self) -> String {
        let (page, busy, held) = (self.clone(), self.clone(), self.clone());
        let router = Router::new()
            .route("/page", get(move || page.page()))
            .route("/busy", get(move || async move { busy.busy() }))
            .route("/held", get(move || held.held()));
        serve(|_| router).await
    }

    async fn page(self) -> &'static str {
        self.begin();
        tokio::time::sleep(ANSWER).await;
        self.lock().now -= 1;
        "a page"
    }

    fn busy(&self) -> impl IntoResponse + use<> {
        let is_first = self.begin() == 1;
        self.lock().now -= 1;
        let status = if is_first { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
        (status, [(RETRY_AFTER, PAUSE.as_secs().to_string())])
    }

    async fn held(self) -> &'static str {
        self.begin();
        let _ = self.let_go.subscribe().wait_for(|let_go| *let_go).await;
        self.lock().now -= 1;
        "a page"
    }

    fn begin(&self) -> usize {
        let mut seen = self.lock();
        seen.now += 1;
        seen.most = seen.most.max(seen.now);
        seen.starts.push(Instant::now());
        seen.starts.len()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no thread panicked")
    }
}

/// Stores and plans a job of so many requests for a path, in batches for so many workers.
async fn plan(world: &World, host: Value, address: &str, tests: u32, workers: u32) {
    let page = |number: u32| json!({ "name": format!("Page {number}"), "get": address, "expect": [{ "status": 200 }] });
    let tests: Vec<_> = (0..tests).map(page).collect();
    world.store_with(json!({ "host": host, "timeout": "30s" }), JobLimits::default(), &tests).await;
    assert!(failed(&world.worker_of(workers).handle(batch(&[planning()]), None).await).is_empty());
}

/// A worker with a clock that goes: what a worker holds of a host ends by time.
async fn worker_with_clock(world: &World) -> Worker {
    worker(Platform::connect(world.config(), Clock::system()).await)
}

async fn run(world: &World, workers: u32) {
    let worker = |number: u32| async move {
        let worker = worker_with_clock(world).await;
        assert!(failed(&worker.handle(batch(&[test(number)]), None).await).is_empty());
    };
    join_all((0..workers).map(worker)).await;
}

#[tokio::test]
async fn ten_workers_together_send_no_more_at_once_than_a_host_allows() {
    let (world, site) = (World::start().await, Site::default());
    plan(&world, json!({ "concurrency": 3 }), &format!("{}/page", site.start().await), 100, 10).await;
    run(&world, 10).await;
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.passed), (Some(Verdict::Passed), 100));
    let seen = site.lock();
    assert_eq!((seen.starts.len(), seen.most), (100, 3), "all of what is allowed, and no more");
}

#[tokio::test]
async fn workers_together_keep_the_interval_between_two_requests() {
    let interval = Duration::from_millis(30);
    let (world, site) = (World::start().await, Site::default());
    let host = json!({ "concurrency": 8, "interval": "30ms" });
    plan(&world, host, &format!("{}/page", site.start().await), 60, 3).await;
    run(&world, 3).await;
    assert_eq!(world.job().await.verdict, Some(Verdict::Passed));
    let seen = site.lock();
    assert_eq!(seen.starts.len(), 60);
    // Requests take different times to arrive, so that two may be closer to each other, but not ten to ten others.
    for ten in seen.starts.windows(10) {
        let took = ten[9] - ten[0];
        assert!(took >= interval * 8, "ten requests in {took:?}");
    }
}

#[tokio::test]
async fn a_pause_that_a_host_asks_one_worker_for_holds_for_all() {
    let (world, site) = (World::start().await, Site::default());
    let host = json!({ "concurrency": 4, "interval": "250ms" });
    plan(&world, host, &format!("{}/busy", site.start().await), 30, 3).await;
    run(&world, 3).await;
    let job = world.job().await;
    assert_eq!((job.counts.blocked, job.counts.passed), (1, 29));
    let seen = site.lock();
    let after: Vec<_> = seen.starts.iter().map(|start| *start - seen.starts[0]).collect();
    let disturbing = after.iter().filter(|after| (HEARD..PAUSE).contains(*after)).count();
    assert_eq!(disturbing, 0, "{after:?}");
}

/// Plans two tests of a host that gets one request at once, and lets a worker die that has the first under way.
async fn let_a_worker_die() -> (World, Site) {
    let (world, site) = (World::start().await, Site::default());
    plan(&world, json!({ "concurrency": 1 }), &format!("{}/held", site.start().await), 2, 2).await;
    let dying = worker_with_clock(&world).await;
    {
        let mut work = std::pin::pin!(dying.handle(batch(&[test(0)]), None));
        let begun = async {
            while site.lock().starts.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = work.as_mut() => panic!("the page does not answer"),
            () = begun => {}
        }
    }
    site.let_go.send_replace(true);
    (world, site)
}

#[tokio::test]
async fn a_worker_that_is_alone_does_not_wait_for_what_a_dead_one_holds_of_a_host() {
    let (world, site) = let_a_worker_die().await;
    world.platform().table.watch(&topic_job(&id(JOB)), &id("watcher"), &Detail::default()).await.expect("watched");
    let engine = EngineConfig { allow_private_targets: true, ..EngineConfig::default() };
    let platform = Platform::connect(world.config(), Clock::system()).await;
    let alone = Worker::alone(platform, LEASE, engine).expect("a worker");
    assert!(failed(&alone.handle(batch(&[test(1)]), None).await).is_empty());
    assert_eq!(site.lock().starts.len(), 2);
    let heard = world.heard_by("watcher");
    assert!(heard.iter().any(|event| event["type"] == "test.finished"), "{heard:?}");
    assert!(heard.iter().all(|event| event["waiting_for"].is_null()), "it waits for its turn: {heard:?}");
}

#[tokio::test]
async fn what_a_dead_worker_holds_of_a_host_is_free_after_a_while() {
    let (world, site) = let_a_worker_die().await;
    let other = worker_with_clock(&world).await;
    assert!(failed(&other.handle(batch(&[test(1)]), None).await).is_empty());
    let seen = site.lock();
    assert_eq!(seen.starts.len(), 2);
    // The dead worker's claim lasts three seconds, of which setting up the other one takes some.
    let waited = seen.starts[1] - seen.starts[0];
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
}

#[tokio::test]
async fn a_test_that_waits_for_its_turn_shows_where() {
    let (world, site) = (World::start().await, Site::default());
    plan(&world, json!({ "concurrency": 1 }), &format!("{}/held", site.start().await), 2, 2).await;
    world.platform().table.watch(&topic_job(&id(JOB)), &id("watcher"), &Detail::default()).await.expect("watched");
    let waits = |event: &Value| event["type"] == "test.state" && event["waiting_for"] == "127.0.0.1";
    let released = async {
        world.hears("watcher", waits).await.expect("one of them waits");
        site.let_go.send_replace(true);
    };
    tokio::join!(run(&world, 2), released);
    assert_eq!(world.job().await.verdict, Some(Verdict::Passed));
    let heard = world.heard_by("watcher");
    let waiting = heard.iter().position(waits).expect("it waits");
    let goes_on = heard[waiting..].iter().filter(|event| event["test"] == heard[waiting]["test"]).nth(1);
    assert!(goes_on.expect("it goes on")["waiting_for"].is_null(), "{goes_on:?}");
}

/// What a worker needs it gets at once if nobody else wants it: the claims cost a few requests, and no time.
#[tokio::test]
async fn a_worker_alone_uses_all_that_a_host_allows() {
    let (world, site) = (World::start().await, Site::default());
    plan(&world, json!({ "concurrency": 6 }), &format!("{}/page", site.start().await), 25, 1).await;
    run(&world, 1).await;
    assert_eq!(world.job().await.verdict, Some(Verdict::Passed));
    let seen = site.lock();
    assert_eq!((seen.starts.len(), seen.most), (25, 6));
}
