//! How a job goes when nothing goes wrong: what is asked of the services meanwhile, and the end.

use super::fault::Call;
use super::scene::Scene;
use super::settled::{End, settled};
use std::collections::BTreeMap;
use std::fmt;

/// Where something is asked of a service: an operation, and the how-manieth of it: the same place in every run of the same job, since one worker does one thing
/// after the other. What is told to watchers is told beside that, so there may be more of it or less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub operation: String,
    pub nth: usize,
}

impl Point {
    /// The points these requests were made at.
    pub fn of(calls: &[Call]) -> Vec<Self> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for call in calls {
            *counts.entry(&call.operation).or_default() += 1;
        }
        let points = |(operation, count): (&str, usize)| {
            let operation = operation.to_owned();
            (1..=count).map(move |nth| Self { operation: operation.clone(), nth })
        };
        counts.into_iter().flat_map(points).collect()
    }

    /// Whether a request is the one here, or one of the next, so many in all.
    pub fn covers(&self, call: &Call, times: usize) -> bool {
        call.operation == self.operation && (self.nth..self.nth + times).contains(&call.nth)
    }

    /// Whether it is the first of its operation.
    pub fn is_first(&self) -> bool {
        self.nth == 1
    }

    /// Whether something is different afterwards. Where nothing is, death after it is death before the next.
    pub fn is_write(&self) -> bool {
        !["GetItem", "Query", "PostToConnection"].contains(&self.operation.as_str())
    }

    /// Whether every run comes here. Of tests that end together some share their writes, and others do not.
    pub fn is_certain(&self, batch: usize) -> bool {
        self.is_write() && (batch == 1 || self.is_first())
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.nth)
    }
}

/// Where workers that get so many messages at once ask something of their services, from planning on, and the end that
/// comes to.
pub async fn undisturbed(batch: usize) -> (Vec<Point>, End) {
    let scene = Scene::new(batch).await;
    let mut process = scene.process().await;
    let run = scene.accepted(&process).await;
    scene.faults.mend();
    scene.go_on(&mut process).await;
    (Point::of(&scene.faults.calls()), settled(&scene, run, "nothing").await)
}
