//! While the deployment's secret cannot be read, work waits for it and nothing ends because of it.

use crate::world::{JOB, LEASE, World, batch, failed, id, planning, test};
use serde_json::json;
use stepcast_protocol::state::{JobStatus, TestStatus};
use stepcast_protocol::{Outcome, Verdict};

async fn world() -> World {
    let world = World::start().await;
    let page = json!({ "name": "Page", "get": format!("{}/page", world.site), "headers": { "x-key": "${secret.key}" },
        "expect": [{ "status": 200 }] });
    world.store(&[page]).await;
    world
}

#[tokio::test]
async fn work_comes_again_until_the_secret_can_be_read() {
    let world = world().await;
    let (worker, without) = (world.worker(), world.worker_without_secret().await);
    assert_eq!(failed(&without.handle(batch(&[planning()]), None).await), ["0"]);
    assert_eq!(world.job().await.status, JobStatus::Accepted);

    // The plan that the first worker tried to make has the number 1.
    worker.handle(batch(&[planning()]), None).await;
    let work = stepcast_platform::Work::Batch { job: id(JOB), plan: world.job().await.plan, batch: 0 };
    assert_eq!(failed(&without.handle(batch(std::slice::from_ref(&work)), None).await), ["0"]);
    let waiting = &world.tests().await[0];
    assert_eq!((waiting.status, waiting.lease), (TestStatus::Queued, 0), "no worker was lost");

    assert!(failed(&worker.handle(batch(&[work]), None).await).is_empty());
    assert_eq!(world.job().await.verdict, Some(Verdict::Passed));
}

#[tokio::test]
async fn the_reaper_needs_no_secret() {
    let world = world().await;
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    for _ in 0..4 {
        world.lose_worker(0).await;
        world.wait(LEASE * 4);
    }
    world.reaper_without_secret().await.reap().await;
    assert_eq!(world.tests().await[0].outcome, Some(Outcome::Errored));
    assert_eq!(world.job().await.verdict, Some(Verdict::Errored));
    assert!(failed(&worker.handle(batch(&[test(0)]), None).await).is_empty(), "its message is done with");
}
