//! Watchers that are gone, slow, failing, or silent: the job and the other watchers do not wait for them (promise 9).

use super::fault::Fault;
use super::process::Process;
use super::scene::{DASHBOARD, Scene, TOGETHER};
use super::settled::assert_settled;
use super::undisturbed::undisturbed;
use crate::world::id;
use serde_json::Value;
use stepcast_platform::table::{Connection, topic_feed};
use stepcast_protocol::command::Detail;
use stepcast_protocol::event::Role;

/// The connection with the fault.
const UNWELL: &str = "unwell";

/// Runs a job with a watcher whose pushes meet this fault; everything else is undisturbed. The worker stays, as a
/// function between invocations does.
async fn watched_with_fault(mut fault: impl FnMut(usize) -> Option<Fault> + Send + 'static) -> (Scene, Process) {
    let (_, end) = undisturbed(TOGETHER).await;
    let scene = Scene::new(TOGETHER).await;
    let mut process = scene.process().await;
    watch(&scene, UNWELL).await;
    let run = scene.accepted(&process).await;
    let mut pushes = 0;
    scene.faults.treat(move |call| {
        let is_unwell = call.connection.as_deref() == Some(UNWELL);
        pushes += usize::from(is_unwell);
        is_unwell.then(|| fault(pushes)).flatten()
    });
    scene.go_on(&mut process).await;
    assert_settled(&scene, run, &end, "a watcher who is not well").await;
    let pushed = scene.faults.calls().iter().any(|call| call.connection.as_deref() == Some(UNWELL));
    assert!(pushed, "a push was attempted");
    (scene, process)
}

/// Lets another connection watch all jobs.
async fn watch(scene: &Scene, connection: &str) {
    let table = scene.world.platform().table;
    let known = Connection {
        connection: id(connection),
        principal: DASHBOARD.to_owned(),
        role: Role::Viewer,
        connected_at: 0,
        job: None,
        without_evidence: false,
        counted_for: None,
        token: None,
    };
    table.put_connection(&known).await.expect("the table");
    table.watch(&topic_feed(), &id(connection), &Detail::default()).await.expect("the table");
}

#[tokio::test]
async fn a_watcher_that_has_gone_is_forgotten() {
    let (scene, _process) = watched_with_fault(|_| Some(Fault::Gone)).await;
    let table = scene.world.platform().table;
    assert_eq!(table.connection(&id(UNWELL)).await.expect("the table"), None);
    assert_eq!(table.watched_by(&id(UNWELL), 10).await.expect("the table"), [""; 0]);
    let watchers = table.watchers(&topic_feed()).await.expect("the table");
    assert_eq!(watchers.into_keys().collect::<Vec<_>>(), [DASHBOARD]);
}

#[tokio::test]
async fn a_throttled_watcher_receives_the_rest_later() {
    let (scene, _process) = watched_with_fault(|pushes| (pushes <= 2).then_some(Fault::Throttled)).await;
    let heard = scene.world.hears(UNWELL, |event| event["type"] == "job.finished").await;
    assert!(heard.is_some(), "{:?}", scene.world.heard_by(UNWELL));
}

#[tokio::test]
async fn an_unreachable_watcher_delays_no_other() {
    let (scene, _process) = watched_with_fault(|_| Some(Fault::Unavailable)).await;
    assert_eq!(scene.world.heard_by(UNWELL).len(), 1, "only the message before the fault");
}

#[tokio::test]
async fn a_watcher_that_never_answers_delays_no_other() {
    let (scene, _process) = watched_with_fault(|_| Some(Fault::Hangs)).await;
    assert_eq!(scene.world.heard_by(UNWELL).len(), 1, "only the message before the fault");
}

/// The number of files a function can open is limited. Pushes that were just given up may not have ended at the other
/// side, so twice as many may be open as are under way.
#[tokio::test]
async fn the_number_of_concurrent_pushes_is_limited() {
    let scene = Scene::new(TOGETHER).await;
    let process = scene.process().await;
    for number in 0..400 {
        watch(&scene, &format!("{UNWELL} {number}")).await;
    }
    scene.accepted(&process).await;
    scene.faults.treat(|call| {
        let is_unwell = call.connection.as_ref().is_some_and(|connection| connection.starts_with(UNWELL));
        is_unwell.then_some(Fault::Hangs)
    });
    let batch = scene.receive().await;
    assert!(scene.work_off(&process, &batch).await, "the process is not killed");
    let planned = |event: &Value| event["type"] == "job.progress" || event["type"] == "job.planned";
    assert_eq!(scene.world.hears(DASHBOARD, planned).await, Some(()), "a watcher that reads receives it");
    let most = scene.faults.most_hanging();
    assert!((50..=320).contains(&most), "{most}");
}
