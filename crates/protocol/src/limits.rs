//! What crosses the wire at most, how long things are kept, and where each number comes from. Those of suites are in
//! `stepcast_suite::limits`.

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
