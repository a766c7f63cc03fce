//! A batch of tests under one lease: what one of them does, or what happens to its worker, is not the others' fate.

use crate::world::{JOB, LEASE, World, batch, failed, id, planning, results_of, test};
use serde_json::{Value, json};
use std::time::Duration;
use stepcast_platform::Work;
use stepcast_platform::table::{Claim, Lease, topic_job};
use stepcast_protocol::command::Detail;
use stepcast_protocol::state::{JobLimits, TestStatus};
use stepcast_protocol::{Outcome, Verdict};

/// The time a function may run, here four seconds. It works for half of that.
const TIME: Duration = Duration::from_secs(4);

fn page(world: &World, name: &str) -> Value {
    at(world, name, "/page")
}

fn at(world: &World, name: &str, path: &str) -> Value {
    let get = format!("{}{path}", world.site);
    json!({ "name": name, "get": get, "timeout": "30s", "expect": [{ "status": 200 }] })
}

fn pages(world: &World, tests: u32) -> Vec<Value> {
    (0..tests).map(|number| page(world, &format!("Page {number}"))).collect()
}

/// Plans the job for one worker, so that all of its tests are one batch.
async fn plan(world: &World) {
    assert!(failed(&world.worker_of(1).handle(batch(&[planning()]), None).await).is_empty());
    assert_eq!(world.queued().await, [test(0)], "one batch");
}

async fn outcomes(world: &World) -> Vec<Option<Outcome>> {
    world.tests().await.iter().map(|test| test.outcome).collect()
}

#[tokio::test]
async fn a_batch_that_comes_again_runs_its_open_tests() {
    let world = World::start().await;
    world.store(&pages(&world, 25)).await;
    plan(&world).await;
    // Half of the batch is counted when its worker dies.
    world.count_and_die(0, (0..12).map(|test| (test, Outcome::Failed))).await;
    let worker = world.worker();
    assert_eq!(failed(&worker.handle(batch(&[test(0)]), None).await), ["0"], "the lease is not over");
    assert_eq!(world.hits("/page"), 0);

    world.wait(LEASE + Duration::from_secs(1));
    assert!(failed(&worker.handle(batch(&[test(0), test(0)]), None).await).len() <= 1, "one of two has it");
    assert_eq!(world.hits("/page"), 13, "what is counted is not run again");
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.failed, job.counts.passed), (Some(Verdict::Failed), 12, 13));
    assert_eq!(outcomes(&world).await[11..13], [Some(Outcome::Failed), Some(Outcome::Passed)]);
}

#[tokio::test]
async fn a_slow_test_holds_up_no_other() {
    let world = World::start().await;
    let mut tests = pages(&world, 24);
    tests.insert(0, at(&world, "Slow", "/never"));
    world.store(&tests).await;
    plan(&world).await;
    let (worker, platform) = (world.worker(), world.platform());
    platform.table.watch(&topic_job(&id(JOB)), &id("watcher"), &Detail::default()).await.expect("watched");
    let running = tokio::spawn(async move { worker.handle(batch(&[test(0)]), None).await });
    let is_counted = |event: &Value| event["counts"]["passed"] == 24;
    world.hears("watcher", is_counted).await.expect("the others are counted while it runs");
    assert_eq!(world.tests().await[0].status, TestStatus::Running);
    running.abort();
}

#[tokio::test]
async fn what_has_not_begun_is_given_back_when_the_function_ends() {
    let world = World::start().await;
    let mut tests = pages(&world, 4);
    tests.insert(0, at(&world, "Slow", "/never"));
    world.store_with(json!({ "host": { "concurrency": 1 } }), JobLimits::default(), &tests).await;
    plan(&world).await;
    let ends_at = Some(world.after(TIME));
    let handled = tokio::time::timeout(TIME, world.worker().handle(batch(&[test(0)]), ends_at)).await;
    assert_eq!(failed(&handled.expect("before the function ends")), ["0"], "the message comes again");
    let [slow, rest @ ..] = &outcomes(&world).await[..] else { panic!("there are tests") };
    assert_eq!((*slow, rest), (Some(Outcome::Errored), &[None; 4][..]), "only the one that had begun ended");
    assert!(world.tests().await.iter().all(|test| test.status != TestStatus::Running));

    // No time passes: no lease has to end.
    assert!(failed(&world.worker().handle(batch(&[test(0)]), None).await).is_empty());
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.errored, job.counts.passed), (Some(Verdict::Errored), 1, 4));
    let stored = world.batch(0).await.expect("it was claimed");
    assert_eq!((stored.lease, stored.given_back), (2, 1));
}

#[tokio::test]
async fn a_batch_in_which_nothing_begins_ends_all_the_same() {
    let world = World::start().await;
    let waiting = json!({ "name": "Waiting", "wait": "1m", "get": format!("{}/page", world.site) });
    world.store(&[waiting]).await;
    plan(&world).await;
    let ends_at = Some(world.after(TIME));
    let handled = tokio::time::timeout(TIME, world.worker().handle(batch(&[test(0)]), ends_at)).await;
    assert!(failed(&handled.expect("before the function ends")).is_empty());
    assert_eq!(outcomes(&world).await, [Some(Outcome::Errored)], "every worker would give it back");
}

#[tokio::test]
async fn a_test_that_takes_down_its_workers_ends_and_its_neighbours_run() {
    let world = World::start().await;
    world.store(&pages(&world, 3)).await;
    plan(&world).await;
    let (worker, reaper) = (world.worker(), world.worker().reaper());
    // The first test passes before the third worker is lost, which runs one after the other.
    for lost in 1..=4 {
        let results = (lost == 3).then_some((0, Outcome::Passed));
        world.count_and_die(0, results.into_iter()).await;
        world.wait(LEASE * 4);
    }
    reaper.reap().await;
    assert_eq!(outcomes(&world).await, [Some(Outcome::Passed), Some(Outcome::Errored), None]);
    let steps = world.tests().await[1].steps.clone().expect("steps");
    assert!(steps.contains("4 workers were lost while they ran this test"), "{steps}");
    assert_eq!(world.queued().await, [test(0)], "the rest is queued");
    assert!(failed(&worker.handle(batch(&[test(0)]), None).await).is_empty());
    assert_eq!(outcomes(&world).await, [Outcome::Passed, Outcome::Errored, Outcome::Passed].map(Some));
    assert_eq!(world.job().await.verdict, Some(Verdict::Errored));
}

#[tokio::test]
async fn after_two_lost_workers_tests_run_one_after_the_other() {
    let world = World::start().await;
    let tests = [at(&world, "One", "/slow"), at(&world, "Two", "/slow"), at(&world, "Three", "/slow")];
    world.store(&tests).await;
    plan(&world).await;
    for _ in 0..2 {
        world.lose_worker(0).await;
        world.wait(LEASE * 2);
    }
    assert!(failed(&world.worker().handle(batch(&[test(0)]), None).await).is_empty());
    assert_eq!((world.hits("/slow"), world.most_at_once()), (3, 1));
    assert_eq!(world.job().await.verdict, Some(Verdict::Passed));
}

#[tokio::test]
async fn the_tests_of_a_batch_run_at_once() {
    let world = World::start().await;
    world.store(&[at(&world, "One", "/slow"), at(&world, "Two", "/slow"), at(&world, "Three", "/slow")]).await;
    plan(&world).await;
    assert!(failed(&world.worker().handle(batch(&[test(0)]), None).await).is_empty());
    assert_eq!(world.most_at_once(), 3);
}

#[tokio::test]
async fn a_job_that_is_cancelled_ends_with_all_of_its_batch() {
    let world = World::start().await;
    world.store(&pages(&world, 25)).await;
    plan(&world).await;
    world.count_and_die(0, [(3, Outcome::Passed)].into_iter()).await;
    world.platform().table.cancel_job(&id(JOB)).await.expect("an answer").expect("it is open");
    world.wait(LEASE * 2);
    assert!(failed(&world.worker().handle(batch(&[test(0)]), None).await).is_empty());
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.cancelled, job.counts.passed), (Some(Verdict::Cancelled), 24, 1));
    assert_eq!((world.hits("/page"), job.v), (0, 6), "24 results are one write");
}

#[tokio::test]
async fn a_job_that_has_failed_enough_stops_in_the_middle_of_a_batch() {
    let world = World::start().await;
    let mut tests = pages(&world, 24);
    tests.insert(0, at(&world, "Gone", "/gone"));
    let limits = JobLimits { max_failures: Some(1), ..JobLimits::default() };
    world.store_with(json!({ "host": { "concurrency": 1 } }), limits, &tests).await;
    plan(&world).await;
    assert!(failed(&world.worker().handle(batch(&[test(0)]), None).await).is_empty());
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.failed), (Some(Verdict::Failed), 1));
    assert!(job.counts.cancelled > 0, "{:?}", job.counts);
    assert_eq!(job.counts.finished(), 25);
}

#[tokio::test]
async fn a_job_whose_time_is_over_ends_with_all_of_its_batch() {
    let world = World::start().await;
    let limits = JobLimits { time_limit_s: Some(60), ..JobLimits::default() };
    world.store_with(json!({}), limits, &pages(&world, 25)).await;
    plan(&world).await;
    world.wait(Duration::from_secs(61));
    assert!(failed(&world.worker().handle(batch(&[test(0)]), None).await).is_empty());
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.cancelled, world.hits("/page")), (Some(Verdict::Errored), 25, 0));
}

#[tokio::test]
async fn an_admin_ends_the_open_tests_of_a_batch_that_a_worker_holds() {
    let world = World::start().await;
    world.store(&pages(&world, 25)).await;
    plan(&world).await;
    let lost = world.count_and_die(0, [(7, Outcome::Passed)].into_iter()).await;
    world.platform().table.end_job(&id(JOB), "ada").await.expect("an answer").expect("it is open");
    assert!(failed(&world.worker().handle(batch(&[Work::Finish { job: id(JOB) }]), None).await).is_empty());
    let job = world.job().await;
    assert_eq!((job.verdict, job.counts.errored, job.counts.passed), (Some(Verdict::Errored), 24, 1));
    assert_eq!(outcomes(&world).await[7], Some(Outcome::Passed));

    // The worker was only slow.
    let late = results_of(&lost, 1, 1 << 7, [(8, Outcome::Passed)].into_iter());
    let counted = world.platform().table.count_results(&id(JOB), 1, vec![late]).await.expect("an answer");
    assert!(counted.is_empty(), "its lease is over");
    assert_eq!(world.job().await, job);
}

#[tokio::test]
async fn of_two_workers_on_one_batch_one_runs_it() {
    let world = World::start().await;
    world.store(&pages(&world, 25)).await;
    plan(&world).await;
    let (one, other) = (world.worker(), world.worker());
    let (one, other) = tokio::join!(one.handle(batch(&[test(0)]), None), other.handle(batch(&[test(0)]), None));
    assert_eq!(failed(&one).len() + failed(&other).len(), 1, "the message of one of them comes again");
    let job = world.job().await;
    assert_eq!((job.counts.passed, world.hits("/page"), job.verdict), (25, 25, Some(Verdict::Passed)));
    let claim = world.platform().table.claim_batch(&job.batch(0).expect("a batch"), LEASE).await.expect("an answer");
    assert_eq!(claim, Claim::Finished);
}

#[tokio::test]
async fn a_batch_of_another_planning_is_not_run() {
    let world = World::start().await;
    world.store(&pages(&world, 2)).await;
    plan(&world).await;
    let stale = [Work::Batch { job: id(JOB), plan: 0, batch: 0 }, Work::Batch { job: id(JOB), plan: 2, batch: 0 }];
    let beyond = Work::Batch { job: id(JOB), plan: 1, batch: 1 };
    let [one, other] = stale;
    assert!(failed(&world.worker().handle(batch(&[one, other, beyond]), None).await).is_empty());
    assert_eq!((world.hits("/page"), world.batch(0).await, world.batch(1).await), (0, None, None));
    let lease = Lease { batch: world.job().await.batch(0).expect("a batch"), number: 1 };
    assert!(!world.platform().table.renew_lease(&lease, LEASE).await.expect("an answer"), "no worker has it");
}
