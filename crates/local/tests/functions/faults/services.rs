//! Services that fail every so many requests, for the whole of a job.

use super::fault::Fault;
use super::scene::{ONE_BY_ONE, Scene, TOGETHER};
use super::settled::{End, assert_settled};
use super::undisturbed::undisturbed;
use crate::world::{QUEUES, id, planning};
use futures_util::future::join_all;
use stepcast_local::queue::MessageCounts;
use stepcast_platform::{Error, Platform};

#[tokio::test]
async fn a_table_that_fails_every_fourth_request() {
    let (_, end) = undisturbed(TOGETHER).await;
    let faults = [Fault::Throttled, Fault::Unavailable, Fault::AnswerLost, Fault::Twice, Fault::Hangs];
    // Boxed: several of these at once are more than the stack of a test holds.
    let runs = faults.map(|fault| Box::pin(run_against(fault, &end)));
    join_all(runs).await;
}

async fn run_against(fault: Fault, end: &End) {
    let scene = Scene::new(TOGETHER).await;
    let mut process = scene.process().await;
    let run = scene.accepted(&process).await;
    let mut requests = 0;
    // A request whose attempts all fail may cost what is not promised, such as the history. It has tests of its own.
    scene.faults.treat(move |call| {
        requests += usize::from(call.is_of_table());
        (call.is_of_table() && requests % 4 == 0 && !call.is_last_attempt).then_some(fault)
    });
    scene.go_on(&mut process).await;
    scene.faults.mend();
    assert_settled(&scene, run, end, &format!("{fault:?} every fourth time")).await;
}

/// The retried request finds the test taken by the same worker, which need not wait for the end of a lease.
#[tokio::test]
async fn a_claim_whose_answer_is_lost_is_kept() {
    let scene = Scene::new(ONE_BY_ONE).await;
    let process = scene.process().await;
    let run = scene.accepted(&process).await;
    let planning = scene.receive().await;
    assert!(scene.work_off(&process, &planning).await, "the process is not killed");
    let mut is_first = true;
    scene.faults.treat(move |call| {
        (call.operation == "UpdateItem" && std::mem::take(&mut is_first)).then_some(Fault::AnswerLost)
    });
    let test = scene.receive().await;
    assert!(scene.work_off(&process, &test).await, "the process is not killed");
    let counts = scene.world.services.queue.counts(QUEUES[0]).await.expect("the queue");
    assert_eq!(counts, MessageCounts { visible: 2, ..MessageCounts::default() }, "one of three is done with");
    let job = scene.job(run).expect("it was accepted");
    let record = scene.world.platform().table.job(&id(&job)).await.expect("the table").expect("the job");
    assert_eq!(record.counts.passed, 1, "{record:?}");
}

#[tokio::test]
async fn a_queue_that_has_too_many_requests_can_be_asked_again() {
    let scene = Scene::new(TOGETHER).await;
    scene.faults.treat(|call| (call.operation == "SendMessage").then_some(Fault::Throttled));
    let send = |platform: Platform| async move { platform.queue.send(&planning()).await };
    let sent = scene.process().await.handler(send).await.expect("the process is not killed");
    assert!(matches!(sent, Err(Error::Unavailable { .. })), "{sent:?}");
}
