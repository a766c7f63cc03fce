//! What people read of every kind of failure: the text beside each suite in `tests/fixtures/failures`.
//! `STEPCAST_WRITE_GOLDEN=1 cargo test -p stepcast-engine --test engine golden` writes the present texts; read the
//! difference before it is committed.

mod kinds;
mod world;

use super::site::{Watcher, indent};
use kinds::Kinds;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use stepcast_engine::{TestEnd, TestRun};
use stepcast_suite::Suite;
use world::{World, hold};

/// The environment variable that asks for the texts to be written.
const WRITE: &str = "STEPCAST_WRITE_GOLDEN";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/failures")
}

/// The names of the files with this ending, without it.
fn names(ending: &str) -> BTreeSet<String> {
    let files = fs::read_dir(folder()).expect("the folder").map(|entry| entry.expect("a file").path());
    let of_ending = files.filter(|file| file.extension().is_some_and(|found| found == ending));
    of_ending.map(|file| file.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn failures_match_the_golden_texts() {
    let (world, suites) = (World::start().await, names("yaml"));
    let mut kinds = Kinds::default();
    let mut different = Vec::new();
    for name in &suites {
        let report = run(&world, name, &mut kinds).await;
        let golden = folder().join(format!("{name}.txt"));
        if std::env::var_os(WRITE).is_some() {
            fs::write(&golden, &report).expect("the text is written");
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if expected != report {
            different.push(format!("--- {name}.txt\n{expected}+++ now\n{report}"));
        }
    }
    assert!(different.is_empty(), "{}\n`{WRITE}=1` writes the present texts", different.concat());
    let stale: Vec<_> = names("txt").difference(&suites).cloned().collect();
    assert!(stale.is_empty(), "texts without a suite: {stale:?}");
    assert_eq!(kinds.missing(), Vec::<String>::new(), "no suite in `tests/fixtures/failures` fails because of these");
}

/// Returns the report of all tests of a suite.
async fn run(world: &World, name: &str, kinds: &mut Kinds) -> String {
    let text = fs::read_to_string(folder().join(format!("{name}.yaml"))).expect(name);
    let suite = Suite::parse(&text).unwrap_or_else(|problems| panic!("{name}: {problems}"));
    let site = world.site_of(name);
    let plan = site.plan(&suite).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut report = String::new();
    for planned in &plan {
        let mut watcher = if name == "cancelled" { Watcher::cancelling_after(1) } else { Watcher::default() };
        let run = TestRun { job: name, ..site.test_run(&suite, planned) };
        let mut end = site.engine.run_test(run, &mut watcher).await;
        kinds.note(&suite.tests[planned.definition], &end);
        hold(&mut end);
        report += &describe(world, &planned.name, &end);
    }
    report
}

fn describe(world: &World, name: &str, end: &TestEnd) -> String {
    let steps = end.steps.iter().map(|step| {
        let outcome = step.outcome.map_or("running", |outcome| outcome.as_str());
        let checks = indent(&world.describe(&step.checks));
        format!("  step {}, {}: {outcome}\n{checks}", step.step, world.hidden(&step.name))
    });
    let steps: Vec<String> = steps.collect();
    format!("{}: {name}, attempt {}\n{}", end.outcome.as_str(), end.attempt, steps.concat())
}
