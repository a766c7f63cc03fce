//! Workers whose clocks are minutes apart: one that is ahead takes tests that are not free yet, one that is behind
//! waits longer.

use super::fault::Fault;
use super::scene::{ATTEMPT, ONE_BY_ONE, Scene, event};
use super::settled::assert_settled;
use super::undisturbed::undisturbed;
use crate::world::id;
use std::time::Duration;

/// How far ahead the clock of some workers is.
const AHEAD: Duration = Duration::from_mins(5);

#[tokio::test]
async fn a_result_of_two_workers_is_counted_once() {
    let (_, end) = undisturbed(ONE_BY_ONE).await;
    let scene = Scene::new(ONE_BY_ONE).await;
    let (mut behind, ahead) = (scene.process().await, scene.process_ahead(AHEAD).await);
    let run = scene.accepted(&behind).await;
    let planning = scene.receive().await;
    scene.work_off(&behind, &planning).await;
    let test = scene.receive().await;

    // The worker that is behind has the result, and the table is slow to store it.
    scene.faults.treat(|call| (call.operation == "TransactWriteItems" && call.nth == 1).then_some(Fault::Hangs));
    let (timers, mut hangs) = (behind.timers(), scene.faults.hangs());
    let slow = behind.handle(event(&test));
    let quick = async {
        hangs.changed().await.expect("the faults are there");
        assert!(scene.work_off(&ahead, &test).await, "the one ahead sees a lease that is over");
        timers.skip(ATTEMPT).await;
    };
    let (response, ()) = tokio::join!(slow, quick);
    assert!(response.expect("the process is not killed").batch_item_failures.is_empty(), "its result does not count");
    let counted = scene.world.platform().table.job(&id(&scene.job(run).expect("a job"))).await.expect("the table");
    assert_eq!(counted.expect("the job").counts.finished(), 1);

    scene.go_on(&mut behind).await;
    assert_settled(&scene, run, &end, "clocks that are apart").await;
}

#[tokio::test]
async fn work_of_a_process_with_a_fast_clock_is_taken_over() {
    let (points, end) = undisturbed(ONE_BY_ONE).await;
    let writes = ["UpdateItem", "TransactWriteItems"];
    for point in points.iter().filter(|point| writes.contains(&point.operation.as_str())) {
        let scene = Scene::new(ONE_BY_ONE).await;
        let (mut behind, ahead) = (scene.process().await, scene.process_ahead(AHEAD).await);
        let run = scene.accepted(&behind).await;
        let here = point.clone();
        scene.faults.treat(move |call| here.covers(call, 1).then_some(Fault::KilledAfter));
        scene.until_killed(&ahead).await;
        drop(ahead);
        scene.go_on(&mut behind).await;
        assert_settled(&scene, run, &end, &format!("death of the one ahead at {point}")).await;
    }
}
