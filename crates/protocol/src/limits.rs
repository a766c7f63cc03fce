//! The limits on what crosses the wire, how long things are kept, and where each number comes from. The limits on
//! suites are in `stepcast_suite::limits`.

use std::time::Duration;

/// Largest inbound WebSocket frame, and the size API Gateway meters outbound messages by.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
pub const FRAME_BYTES: usize = 32 * 1024;

/// Largest WebSocket message either way (same page as [`FRAME_BYTES`]).
pub const MESSAGE_BYTES: usize = 128 * 1024;

/// Most of a test's steps and checks that is kept, in bytes of JSON; beyond it quotes are dropped, then checks.
/// Well under DynamoDB's 400 KB an item and one WebSocket message.
pub const RESULT_BYTES: usize = 48 * 1024;

/// Most labels a job may carry.
pub const LABELS: usize = 32;

/// Longest comment or broadcast, in bytes.
pub const TEXT_BYTES: usize = 4 * 1024;

/// Longest lifetime of a token, and so how long its revocation has to be remembered.
pub const TOKEN_LIFETIME: Duration = Duration::from_hours(365 * 24);

/// How long a shared job is shown by default.
pub const SHARE_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// How long the name of a stored suite stays reserved for its owner after the suite is deleted, or after it expired
/// because it was not used: callers that keep asking for it by name get no suite of another principal in that time.
pub const SUITE_NAME_KEPT: Duration = Duration::from_hours(90 * 24);

/// Most jobs, suites or connections one answer lists.
pub const ITEMS_PER_PAGE: usize = 100;

/// How many jobs before this one decide how a test used to end, and how many `history` shows by default.
pub const PAST_JOBS: usize = 10;

/// Most jobs `history` shows.
pub const HISTORY_JOBS: usize = 50;

/// Time a connection may live on API Gateway (same page as [`FRAME_BYTES`]).
pub const CONNECTION_LIFETIME: Duration = Duration::from_hours(2);

/// Time after which API Gateway closes an idle connection (same page as [`FRAME_BYTES`]).
pub const CONNECTION_IDLE: Duration = Duration::from_mins(10);

/// How often a client should send `ping`: often enough that losing one still keeps the connection.
pub const PING_EVERY: Duration = Duration::from_mins(4);
