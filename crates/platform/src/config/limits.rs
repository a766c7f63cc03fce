//! What one principal may use: enough for people and CI systems, too little for a runaway program.

use stepcast_suite::limits::SUITE_BYTES;

/// The limits of each principal, whatever its role: a runaway program may have an admin's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrincipalLimits {
    /// Most connections at once
    pub connections: usize,
    /// Most commands a second, on average
    pub commands_per_s: usize,
    /// Most jobs without a verdict
    pub open_jobs: usize,
    /// Largest suite, in bytes of JSON
    pub suite_bytes: usize,
    /// Most stored suites of one principal
    pub suites: usize,
    /// Most stored suites of all principals together
    pub all_suites: usize,
    /// Most requests of one job's steps, including those of retries
    pub requests_per_job: usize,
}

impl PrincipalLimits {
    /// Most connections or open jobs that can be set: they are counted anew each time.
    pub const MOST_COUNTED: usize = 5_000;

    /// Most commands a second that can be set: each is counted with a write to one partition of the table.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
    pub const MOST_COMMANDS: usize = 1_000;

    /// Most stored suites that can be set: their names are read when one is added.
    pub const MOST_SUITES: usize = 5_000;

    /// Most requests of a job that can be set: more than the largest job could make, with 10,000 tests of 150 steps
    /// that are tried eleven times.
    pub const MOST_REQUESTS: usize = 20_000_000;

    /// Largest suite that can be set: a `suite_gz` is not decompressed beyond that.
    pub const MOST_SUITE_BYTES: usize = SUITE_BYTES;
}

impl Default for PrincipalLimits {
    fn default() -> Self {
        Self {
            connections: 100,
            commands_per_s: 20,
            open_jobs: 50,
            suite_bytes: Self::MOST_SUITE_BYTES,
            suites: 100,
            all_suites: 1_000,
            requests_per_job: 100_000,
        }
    }
}
