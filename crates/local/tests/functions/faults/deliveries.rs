//! A queue that delivers in any order, again and again, and to several workers at once, as SQS may.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html>

use super::scene::{Scene, TOGETHER, event};
use super::settled::assert_settled;
use super::undisturbed::undisturbed;
use fastrand::Rng;
use futures_util::future::join_all;
use std::iter::repeat_n;

/// How often everything is delivered.
const TIMES: usize = 3;

/// How many jobs run at once.
const JOBS: usize = 3;

#[tokio::test]
async fn messages_in_any_order_again_and_again() {
    let (_, end) = undisturbed(TOGETHER).await;
    join_all((0..6).map(async |seed| {
        let scene = Scene::new(TOGETHER).await;
        let mut workers = [scene.process().await, scene.process().await];
        let mut runs = Vec::new();
        for _ in 0..JOBS {
            runs.push(scene.accepted(&workers[0]).await);
        }
        let (mut random, mut waiting) = (Rng::with_seed(seed), Vec::new());
        loop {
            let arrived = scene.receive().await;
            waiting.extend(arrived.into_iter().flat_map(|message| repeat_n(message, TIMES)));
            if waiting.is_empty() {
                break;
            }
            let mut next = || {
                let most = waiting.len().min(random.usize(1..4));
                (0..most).map(|_| waiting.swap_remove(random.usize(..waiting.len()))).collect::<Vec<_>>()
            };
            let batches = [next(), next()];
            let worked = workers.iter().zip(&batches).map(|(worker, batch)| scene.work_off(worker, batch));
            assert_eq!(join_all(worked).await, [true, true]);
        }
        // Messages of tests that the other worker held come back.
        scene.go_on(&mut workers[0]).await;
        for run in runs {
            assert_settled(&scene, run, &end, &format!("deliveries of seed {seed}")).await;
        }
    }))
    .await;
}

#[tokio::test]
async fn messages_that_come_again_after_they_were_deleted() {
    let (_, end) = undisturbed(TOGETHER).await;
    let scene = Scene::new(TOGETHER).await;
    let mut worker = scene.process().await;
    let (run, mut delivered) = (scene.accepted(&worker).await, Vec::new());
    loop {
        let batch = scene.receive().await;
        if batch.is_empty() {
            break;
        }
        scene.work_off(&worker, &batch).await;
        delivered.extend(batch);
    }
    assert_settled(&scene, run, &end, "one delivery").await;
    let other = scene.process().await;
    for message in &delivered {
        let response = other.handle(event(std::slice::from_ref(message))).await.expect("the process is not killed");
        assert!(response.batch_item_failures.is_empty(), "it is done with");
    }
    scene.go_on(&mut worker).await;
    assert_settled(&scene, run, &end, "another delivery").await;
}
