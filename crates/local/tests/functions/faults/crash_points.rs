//! A worker that is killed before and after each of its requests, and services that fail each of them. Each case is a
//! job.

use super::fault::Fault;
use super::process::Process;
use super::scene::{ONE_BATCH, ONE_BY_ONE, Scene, Shape, TOGETHER};
use super::settled::{End, assert_settled};
use super::undisturbed::{Point, undisturbed};
use crate::world::id;
use futures_util::future::join_all;
use std::time::Duration;

/// How many worlds run at once.
const WORLDS: usize = 6;

/// How often the SDK tries a request.
const ATTEMPTS: usize = 4;

#[tokio::test]
async fn a_worker_killed_before_each_request() {
    survives(Fault::KilledBefore, ONE_BY_ONE, everywhere).await;
}

#[tokio::test]
async fn a_worker_killed_after_each_write() {
    survives(Fault::KilledAfter, ONE_BY_ONE, Point::is_write).await;
}

#[tokio::test]
async fn a_worker_killed_before_each_request_of_batches_at_once() {
    survives(Fault::KilledBefore, TOGETHER, everywhere).await;
}

#[tokio::test]
async fn a_worker_killed_after_each_write_of_batches_at_once() {
    survives(Fault::KilledAfter, TOGETHER, Point::is_write).await;
}

#[tokio::test]
async fn a_worker_killed_before_each_request_of_a_full_batch() {
    survives(Fault::KilledBefore, ONE_BATCH, everywhere).await;
}

#[tokio::test]
async fn a_worker_killed_after_each_write_of_a_full_batch() {
    survives(Fault::KilledAfter, ONE_BATCH, Point::is_write).await;
}

#[tokio::test]
async fn a_write_of_a_full_batch_whose_answers_are_all_lost() {
    survives_times(Fault::AnswerLost, ATTEMPTS, ONE_BATCH, Point::is_write).await;
}

#[tokio::test]
async fn a_write_whose_answer_is_lost() {
    survives(Fault::AnswerLost, ONE_BY_ONE, Point::is_write).await;
}

#[tokio::test]
async fn a_write_that_arrives_twice() {
    survives(Fault::Twice, ONE_BY_ONE, Point::is_write).await;
}

#[tokio::test]
async fn a_request_that_is_never_answered() {
    survives(Fault::Hangs, ONE_BY_ONE, Point::is_first).await;
}

#[tokio::test]
async fn a_request_that_is_one_too_many_again_and_again() {
    survives_times(Fault::Throttled, ATTEMPTS, ONE_BY_ONE, Point::is_first).await;
}

#[tokio::test]
async fn a_service_that_fails_all_attempts_of_a_request() {
    survives_times(Fault::Unavailable, ATTEMPTS, ONE_BY_ONE, Point::is_first).await;
}

#[tokio::test]
async fn a_write_whose_answers_are_all_lost() {
    survives_times(Fault::AnswerLost, ATTEMPTS, ONE_BY_ONE, Point::is_first).await;
}

#[tokio::test]
async fn a_planning_whose_answer_is_lost_does_not_wait_for_the_reaper() {
    let scene = Scene::new(ONE_BY_ONE).await;
    let (mut process, begun) = (scene.process().await, scene.world.after(Duration::ZERO));
    let run = scene.accepted(&process).await;
    // The first update begins the planning, the second makes it count.
    scene.faults.treat(|call| (call.operation == "UpdateItem" && call.nth == 2).then_some(Fault::AnswerLost));
    scene.go_on(&mut process).await;
    let job = scene.world.platform().table.job(&id(&scene.job(run).expect("a job"))).await.expect("the table");
    assert_eq!(job.expect("the job").finished_at, Some(begun), "no time had to pass");
}

fn everywhere(_: &Point) -> bool {
    true
}

async fn survives(fault: Fault, shape: Shape, at: fn(&Point) -> bool) {
    survives_times(fault, 1, shape, at).await;
}

/// Runs one job for each of its points, in which the fault occurs at that point and then again, `times` in all. Checks
/// that each job ends like the undisturbed one.
async fn survives_times(fault: Fault, times: usize, shape: Shape, at: fn(&Point) -> bool) {
    let (mut points, end) = undisturbed(shape).await;
    assert!(points.len() > 15, "a whole job: {points:?}");
    points.retain(at);
    let worlds = points.chunks(points.len().div_ceil(WORLDS));
    join_all(worlds.map(async |points| {
        let scene = Scene::new(shape).await;
        let mut process = scene.process().await;
        for point in points {
            meet(&scene, &mut process, point, fault, times, &end).await;
        }
    }))
    .await;
}

async fn meet(scene: &Scene, process: &mut Process, point: &Point, fault: Fault, times: usize, end: &End) {
    let run = scene.accepted(process).await;
    let here = point.clone();
    scene.faults.treat(move |call| here.covers(call, times).then_some(fault));
    scene.go_on(process).await;
    let after = format!("{fault:?} at {point}");
    let met = scene.faults.calls().iter().any(|call| point.covers(call, 1));
    assert!(met || !point.is_certain(scene.shape), "{after} was not met");
    scene.faults.mend();
    assert_settled(scene, run, end, &after).await;
}
