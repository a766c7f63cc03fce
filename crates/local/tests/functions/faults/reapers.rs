//! Two reapers at once, with jobs stalled in each possible way.

use super::fault::Fault;
use super::scene::{ONE_BY_ONE, Scene};
use super::settled::assert_settled;
use super::undisturbed::{Point, undisturbed};
use crate::world::{LEASE, QUEUES};

#[tokio::test]
async fn a_job_that_two_reapers_look_after_at_once() {
    let (points, end) = undisturbed(ONE_BY_ONE).await;
    let last = points.iter().rfind(|point| point.operation == "TransactWriteItems").expect("the verdict").nth;
    let at = |operation: &str, nth| Point { operation: operation.to_owned(), nth };
    // Planned but not queued; queued but the message lost; claimed; counted but not closed.
    for point in
        [at("SendMessageBatch", 1), at("UpdateItem", 3), at("TransactWriteItems", 1), at("TransactWriteItems", last)]
    {
        let scene = Scene::new(ONE_BY_ONE).await;
        let mut reapers = [scene.process().await, scene.process().await];
        let (run, here) = (scene.accepted(&reapers[0]).await, point.clone());
        scene.faults.treat(move |call| here.covers(call, 1).then_some(Fault::KilledBefore));
        scene.until_killed(&scene.process().await).await;
        scene.world.services.queue.purge(QUEUES[0]).await.expect("the queue");
        for _ in 0..4 {
            scene.world.wait(LEASE);
            let [one, other] = &reapers;
            assert_eq!(tokio::join!(one.reap(), other.reap()), (Some(()), Some(())));
        }
        scene.go_on(&mut reapers[0]).await;
        assert_settled(&scene, run, &end, &format!("death at {point}, a lost queue and two reapers")).await;
    }
}
