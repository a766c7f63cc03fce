//! A job without faults: its requests to the services, and its end.

use super::fault::Call;
use super::scene::{Scene, Shape};
use super::settled::{End, settled};
use std::collections::BTreeMap;
use std::fmt;

/// A point at which a service gets a request: an operation, and the number of the request among those of the operation.
/// It is the same point in every run of the same job, because one worker does one thing after the other. Messages to
/// watchers are sent concurrently, so there may be more or fewer of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    pub operation: String,
    pub nth: usize,
}

impl Point {
    /// Returns the points at which these requests were made.
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

    /// Returns whether a request is the one at this point or one of the next, `times` in all.
    pub fn covers(&self, call: &Call, times: usize) -> bool {
        call.operation == self.operation && (self.nth..self.nth + times).contains(&call.nth)
    }

    /// Returns whether this is the first request of its operation.
    pub fn is_first(&self) -> bool {
        self.nth == 1
    }

    /// Returns whether the request changes something. If not, death after it is the same as death before the next
    /// request.
    pub fn is_write(&self) -> bool {
        !["GetItem", "Query", "HeadObject", "PostToConnection"].contains(&self.operation.as_str())
    }

    /// Returns whether every run reaches this point. Tests that end together share their writes in some runs and not in
    /// others, and a page that was stored before is not stored again.
    pub fn is_certain(&self, shape: Shape) -> bool {
        let is_one_by_one = shape.messages == 1 && shape.tests <= shape.workers && self.operation != "PutObject";
        self.is_write() && (is_one_by_one || self.is_first())
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.nth)
    }
}

/// Returns the points at which the workers on a job of this shape send requests, from planning on, and the end of the job.
pub async fn undisturbed(shape: Shape) -> (Vec<Point>, End) {
    let scene = Scene::new(shape).await;
    let mut process = scene.process().await;
    let run = scene.accepted(&process).await;
    scene.faults.mend();
    scene.go_on(&mut process).await;
    (Point::of(&scene.faults.calls()), settled(&scene, run, "nothing").await)
}
