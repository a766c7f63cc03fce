//! Watchers that get a job in different detail, from the same worker and from the same state.

use crate::world::{JOB, World, batch, failed, id, planning, test};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use stepcast_platform::snapshot::View;
use stepcast_platform::table::topic_job;
use stepcast_protocol::Event;
use stepcast_protocol::command::{Detail, Level};

const STEPS: [&str; 2] = ["step.started", "step.finished"];
const TESTS: [&str; 2] = ["test.started", "test.finished"];

/// Runs a job of two tests, of which the second one fails, while these watch.
async fn watched(watchers: &[(&str, Detail)]) -> World {
    let world = World::start().await;
    let page = |name: &str, status: u32| {
        let expect = json!([{ "status": { "at_least": 200 } }, { "status": status }]);
        json!({ "name": name, "get": format!("{}/page", world.site), "expect": expect })
    };
    world.store(&[page("Home", 200), page("Gone", 410)]).await;
    world.worker_of(1).handle(batch(&[planning()]), None).await;
    for (watcher, detail) in watchers {
        world.platform().table.watch(&topic_job(&id(JOB)), &id(watcher), detail).await.expect("watched");
    }
    assert!(failed(&world.worker().handle(batch(&[test(0)]), None).await).is_empty());
    world
}

/// Returns which events about which test a connection got.
fn heard(world: &World, watcher: &str) -> BTreeSet<(String, Option<u64>)> {
    let heard = world.heard_by(watcher).into_iter();
    heard.map(|event| (event["type"].as_str().expect("a type").to_owned(), event["test"].as_u64())).collect()
}

fn of<'a>(types: impl IntoIterator<Item = &'a str>, test: Option<u64>) -> Vec<(String, Option<u64>)> {
    types.into_iter().map(|kind| (kind.to_owned(), test)).collect()
}

async fn state(world: &World, view: View) -> Value {
    let messages = |pages: Vec<Event>| pages.iter().map(Event::to_json).collect();
    let snapshot = world.platform().snapshot(&id(JOB), "anyone", view, messages).await.expect("the table");
    serde_json::from_str(&snapshot.expect("the job").messages[0]).expect("JSON")
}

/// Returns the checks that a state has of each test.
fn checks(state: &Value) -> BTreeMap<u64, usize> {
    let tests = state["tests"].as_array().expect("tests").iter();
    let count = |test: &Value| {
        let steps = test["steps"].as_array().expect("steps");
        steps.iter().map(|step| step["checks"].as_array().map_or(0, Vec::len)).sum()
    };
    tests.map(|test| (test["test"].as_u64().expect("a number"), count(test))).collect()
}

#[tokio::test]
async fn each_watcher_gets_what_it_asked_for() {
    let one = |level| Detail { level, steps_of: BTreeSet::from([1]) };
    let world = watched(&[
        ("job", Detail::of(Level::Job)),
        ("tests", Detail::of(Level::Tests)),
        ("steps", Detail::of(Level::Steps)),
        ("tests-and-one", one(Level::Tests)),
        ("job-and-one", one(Level::Job)),
    ])
    .await;
    let job: BTreeSet<_> = of(["job.progress", "job.finished"], None).into_iter().collect();
    let with =
        |more: &[Vec<(String, Option<u64>)>]| -> BTreeSet<_> { more.iter().flatten().chain(&job).cloned().collect() };
    let (zero, first) = (Some(0), Some(1));
    let finished = |watcher: &str| {
        let mut heard = heard(&world, watcher);
        // Whether there is progress before the verdict depends on how the tests end.
        heard.insert(("job.progress".to_owned(), None));
        heard
    };
    assert_eq!(finished("job"), job);
    assert_eq!(finished("tests"), with(&[of(TESTS, zero), of(TESTS, first)]));
    let steps = with(&[of(TESTS, zero), of(STEPS, zero), of(TESTS, first), of(STEPS, first)]);
    assert_eq!(finished("steps"), steps);
    assert_eq!(finished("tests-and-one"), with(&[of(TESTS, zero), of(TESTS, first), of(STEPS, first)]));
    assert_eq!(finished("job-and-one"), with(&[of(TESTS, first), of(STEPS, first)]));

    let end = |watcher: &str, test: u64| {
        let heard = world.heard_by(watcher).into_iter();
        let mut ends = heard.filter(|event| event["type"] == "test.finished" && event["test"] == test);
        ends.next().expect("its end")
    };
    assert_eq!(end("tests", 0)["steps"], json!([]), "it has nothing to show");
    assert_eq!(end("tests", 1)["failures"], end("steps", 1)["failures"]);
    assert_eq!(end("tests", 1)["steps"][0]["checks"].as_array().map(Vec::len), Some(1), "the one that did not hold");
    assert_eq!(end("tests-and-one", 1), end("steps", 1));
}

#[tokio::test]
async fn a_state_is_shown_in_the_detail_of_its_watcher() {
    let world = watched(&[]).await;
    let checks_in = async |view| checks(&state(&world, view).await);
    assert_eq!(checks_in(View::Whole(Detail::default())).await, BTreeMap::from([(0, 2), (1, 2)]));
    assert_eq!(checks_in(View::Whole(Detail::of(Level::Tests))).await, BTreeMap::from([(0, 0), (1, 1)]));
    assert_eq!(checks_in(View::Whole(Detail::of(Level::Job))).await, BTreeMap::new());
    let one = Detail { level: Level::Job, steps_of: BTreeSet::from([0]) };
    assert_eq!(checks_in(View::Whole(one)).await, BTreeMap::from([(0, 2)]));
    assert_eq!(checks_in(View::Test(1)).await, BTreeMap::from([(1, 2)]));
    let job = state(&world, View::Whole(Detail::of(Level::Job))).await;
    assert_eq!((&job["verdict"], &job["counts"]["failed"]), (&json!("failed"), &json!(1)));
}
