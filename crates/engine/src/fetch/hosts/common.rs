//! Hosts that other processes of a deployment send requests to as well.
//!
//! The processes share the limits of a host: each holds a part of them for some seconds at a time, and may use it
//! without asking. A process that dies gives its part back by time.

use futures_util::future::BoxFuture;
use std::time::Duration;
use stepcast_suite::HostLimits;

/// All hosts, as the processes of a deployment share them.
pub trait CommonHosts: Send + Sync {
    /// One host, by a digest of its name, for as long as this process remembers it.
    fn host(&self, name: &str) -> Box<dyn CommonHost>;
}

/// One host.
pub trait CommonHost: Send + Sync {
    /// Asks for a part of the limits, in place of the part before. Returns nothing if that was not possible: then the
    /// part before is lost as well, and this is called again after [`RETRY`] at most.
    fn ask(&self, demand: Demand) -> BoxFuture<'_, Option<Part>>;
    /// Lets the other processes know that the host wants no requests for this time.
    fn rest(&self, wait: Duration) -> BoxFuture<'_, ()>;
}

/// The pause after a part could not be asked for.
pub const RETRY: Duration = Duration::from_secs(1);

/// What a process needs of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// Requests under way, begun under the present part
    pub active: u32,
    /// Requests under way, begun under the parts before
    pub active_before: u32,
    /// Requests that wait for their turn
    pub waiting: u32,
    /// The widest limits of those that wait, or that waited last
    pub limits: HostLimits,
    /// The longest interval of those that wait
    pub interval: Duration,
    /// How long ago the last request began, if there was one
    pub last_start: Option<Duration>,
}

/// A part of the limits of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Which part this is: requests under an earlier one are not counted in `at_once`
    pub number: u64,
    /// How many requests this process may have under way
    pub at_once: u32,
    /// How many the other processes may have under way
    pub others: u32,
    /// Whether requests that keep an interval may begin: one process at a time may
    pub may_start: bool,
    /// How long all this holds
    pub holds_for: Duration,
    /// How long the host wants no requests
    pub rest: Duration,
    /// When to ask again for more requests at once
    pub more_in: Duration,
    /// When to ask again for the right to begin requests
    pub start_in: Duration,
    /// Whether other processes wait, so that what is not needed is given back at once
    pub is_wanted: bool,
}
