//! The handler of `run`, killed before and after each of its requests. If the client received `job.accepted`, its job
//! reaches a verdict. If not, the client retries with the same key, and there is still only one job.

use super::fault::Fault;
use super::scene::{Scene, TOGETHER};
use super::settled::{End, assert_settled};
use super::undisturbed::{Point, undisturbed};
use futures_util::future::join_all;
use stepcast_protocol::command::JobsQuery;

#[tokio::test]
async fn a_handler_killed_before_each_request() {
    survives(Fault::KilledBefore, 1).await;
}

#[tokio::test]
async fn a_handler_killed_after_each_request() {
    survives(Fault::KilledAfter, 1).await;
}

#[tokio::test]
async fn a_handler_whose_services_fail() {
    survives(Fault::Unavailable, 4).await;
}

#[tokio::test]
async fn a_handler_whose_services_have_too_many_requests() {
    survives(Fault::Throttled, 4).await;
}

#[tokio::test]
async fn a_handler_whose_answers_are_lost() {
    survives(Fault::AnswerLost, 1).await;
}

async fn survives(fault: Fault, times: usize) {
    let (_, end) = undisturbed(TOGETHER).await;
    join_all(points().await.into_iter().map(async |point| meet(&point, fault, times, &end).await)).await;
}

/// Returns the points at which the handler sends a request to its services.
async fn points() -> Vec<Point> {
    let scene = Scene::new(TOGETHER).await;
    scene.accepted(&scene.process().await).await;
    let points = Point::of(&scene.faults.calls());
    assert!(points.iter().any(|point| point.operation == "SendMessage"), "a whole command: {points:?}");
    points
}

async fn meet(point: &Point, fault: Fault, times: usize, end: &End) {
    let scene = Scene::new(TOGETHER).await;
    let mut process = scene.process().await;
    let (run, here, after) = (scene.next_run(), point.clone(), format!("{fault:?} at {point}"));
    scene.faults.treat(move |call| here.covers(call, times).then_some(fault));
    if !scene.ask(&process, run).await {
        process = scene.process().await;
    }
    assert!(scene.faults.calls().iter().any(|call| point.covers(call, 1)), "{after} was not met");
    scene.faults.mend();
    let job = scene.job(run);
    let errors = scene.answers(run).into_iter().filter(|answer| answer["type"] == "error");
    for error in errors {
        assert_eq!((&error["code"], &error["temporary"]), (&"unavailable".into(), &true.into()), "after {after}");
    }
    scene.go_on(&mut process).await;
    if job.is_some() {
        assert_settled(&scene, run, end, &after).await;
    }
    scene.ask(&process, run).await;
    scene.go_on(&mut process).await;
    assert_settled(&scene, run, end, &format!("{after} and another try")).await;
    assert!(job.is_none() || job == scene.job(run), "after {after}");
    let (jobs, _) = scene.world.platform().table.jobs(&JobsQuery::default()).await.expect("the table");
    assert_eq!(jobs.len(), 1, "after {after}: one job for one key");
}
