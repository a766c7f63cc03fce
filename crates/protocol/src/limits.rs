//! The bounds everything is held to, and where each comes from.

use std::time::Duration;

/// Largest inbound WebSocket frame, and the size API Gateway meters outbound messages by.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
pub const FRAME_BYTES: usize = 32 * 1024;

/// Largest WebSocket message either way (same page as [`FRAME_BYTES`]).
pub const MESSAGE_BYTES: usize = 128 * 1024;

/// Largest suite, in bytes of JSON, however it travelled. A `suite_gz` is expanded no further.
pub const SUITE_BYTES: usize = 1024 * 1024;

/// Most tests one job may have once `each` and `discover` are expanded.
pub const TESTS_PER_JOB: usize = 10_000;

/// Most steps a test may have.
pub const STEPS_PER_TEST: usize = 50;

/// Longest wait before a step.
pub const STEP_WAIT: Duration = Duration::from_mins(2);

/// Longest a step is asked again until its checks hold.
pub const STEP_UNTIL: Duration = Duration::from_mins(10);

/// Most tries of a step that is asked again until its checks hold. The updates of a test with all its steps and attempts
/// have to have room in its version, see [`crate::state::UPDATES_PER_LEASE`].
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

/// Most groups of checks that may stand within each other.
pub const CHECK_DEPTH: usize = 5;

/// Most links of a page one check asks.
pub const LINKS_PER_CHECK: u32 = 1_000;

/// Most redirects a request follows: as many as curl and reqwest follow by default; browsers take 20.
pub const REDIRECTS: u32 = 10;

/// Most filters one value may go through.
pub const FILTERS_PER_CHECK: usize = 16;

/// Longest piece of a page or a value that a result quotes, in characters.
pub const EXCERPT_CHARS: usize = 240;

/// Most of a test's steps and checks that is kept, in bytes of JSON; beyond it quotes are dropped, then checks.
/// Well under DynamoDB's 400 KB an item and one WebSocket message.
pub const RESULT_BYTES: usize = 48 * 1024;

/// Most labels a job may carry.
pub const LABELS: usize = 32;

/// Longest name, label, comment key or idempotency key, in bytes.
pub const NAME_BYTES: usize = 256;

/// Longest comment or broadcast, in bytes.
pub const TEXT_BYTES: usize = 4 * 1024;

/// Longest value of one variable or secret, in bytes.
pub const VARIABLE_BYTES: usize = 16 * 1024;

/// Longest time limit of a job.
pub const JOB_TIME: Duration = Duration::from_hours(24);

/// Longest a token is good for, and so how long it has to be remembered that one was revoked.
pub const TOKEN_LIFETIME: Duration = Duration::from_hours(365 * 24);

/// How long a shared job is shown where nobody says otherwise.
pub const SHARE_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// How long the name of a stored suite stays its owner's after the suite is deleted, or after it was not used for so long
/// that it is gone: what goes on asking for it by name meets no suite of another principal meanwhile.
pub const SUITE_NAME_KEPT: Duration = Duration::from_hours(90 * 24);

/// Most jobs, suites or connections one answer lists.
pub const ITEMS_PER_PAGE: usize = 100;

/// How many jobs before this one say how a test used to end, and how many `history` shows where nobody says.
pub const PAST_JOBS: usize = 10;

/// Most jobs `history` shows.
pub const HISTORY_JOBS: usize = 50;

/// Time a connection may live on API Gateway (same page as [`FRAME_BYTES`]).
pub const CONNECTION_LIFETIME: Duration = Duration::from_hours(2);

/// Time after which API Gateway closes a connection on which nothing moved (same page as [`FRAME_BYTES`]).
pub const CONNECTION_IDLE: Duration = Duration::from_mins(10);

/// How often a client should send `ping`: often enough that losing one still keeps the connection.
pub const PING_EVERY: Duration = Duration::from_mins(4);
