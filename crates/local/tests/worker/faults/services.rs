//! Services that fail every so many requests, for the whole of a job.

use super::fault::Fault;
use super::scene::Scene;
use super::settled::assert_settled;
use super::undisturbed::undisturbed;
use crate::world::planning;
use futures_util::future::join_all;
use stepcast_platform::{Error, Platform};

#[tokio::test]
async fn a_table_that_fails_every_fourth_request() {
    let (_, end) = undisturbed(10).await;
    let faults = [Fault::Throttled, Fault::Unavailable, Fault::AnswerLost, Fault::Twice, Fault::Hangs];
    join_all(faults.map(async |fault| {
        let scene = Scene::new(10).await;
        let mut process = scene.process().await;
        let run = scene.accepted(&process).await;
        let mut requests = 0;
        scene.faults.treat(move |call| {
            requests += usize::from(call.is_of_table());
            (call.is_of_table() && requests % 4 == 0).then_some(fault)
        });
        scene.go_on(&mut process).await;
        scene.faults.mend();
        assert_settled(&scene, run, &end, &format!("{fault:?} every fourth time")).await;
    }))
    .await;
}

#[tokio::test]
async fn a_queue_that_has_too_many_requests_can_be_asked_again() {
    let scene = Scene::new(10).await;
    scene.faults.treat(|call| (call.operation == "SendMessage").then_some(Fault::Throttled));
    let send = |platform: Platform| async move { platform.queue.send(&planning()).await };
    let sent = scene.process().await.handler(send).await.expect("nobody kills it");
    assert!(matches!(sent, Err(Error::Unavailable { .. })), "{sent:?}");
}
