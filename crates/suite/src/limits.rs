//! The limits of a suite, and the source of each number.

use std::time::Duration;

/// Largest suite, in bytes of JSON, however it travelled. A `suite_gz` is expanded no further.
pub const SUITE_BYTES: usize = 1024 * 1024;

/// Most tests one job may have once `each` and `discover` are expanded.
pub const TESTS_PER_JOB: usize = 10_000;

/// Most steps a test may have.
pub const STEPS_PER_TEST: usize = 50;

/// Longest wait before a step.
pub const STEP_WAIT: Duration = Duration::from_mins(2);

/// Longest time for which a step is repeated until its checks hold.
pub const STEP_UNTIL: Duration = Duration::from_mins(10);

/// Most tries of a step that is repeated until its checks hold. The updates of a test with all its steps and attempts
/// have to fit into its version, see `UPDATES_PER_LEASE` of the protocol.
pub const TRIES_PER_STEP: u32 = 300;

/// Most checks a step may have.
pub const CHECKS_PER_STEP: usize = 100;

/// Most variables a suite may have.
pub const VARS: usize = 1_000;

/// Most headers a request may have. Servers take about as many.
pub const HEADERS: usize = 100;

/// Most tags a test may have, and most a run may choose by.
pub const TAGS: usize = 32;

/// Most variables that `each` may give a test.
pub const EACH_NAMES: usize = 100;

/// Maximum nesting depth of groups of checks.
pub const CHECK_DEPTH: usize = 5;

/// Maximum number of links of a page that one check requests.
pub const LINKS_PER_CHECK: u32 = 1_000;

/// Most redirects a request follows: as many as curl and reqwest follow by default; browsers take 20.
pub const REDIRECTS: u32 = 10;

/// Most filters one value may go through.
pub const FILTERS_PER_CHECK: usize = 16;

/// Longest piece of a page or a value that a result quotes, in characters.
pub const EXCERPT_CHARS: usize = 240;

/// Longest name, label, comment key or idempotency key, in bytes.
pub const NAME_BYTES: usize = 256;

/// Longest value of one variable or secret, in bytes.
pub const VARIABLE_BYTES: usize = 16 * 1024;

/// Longest time limit of a job.
pub const JOB_TIME: Duration = Duration::from_hours(24);
