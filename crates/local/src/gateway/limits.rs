//! The limits of connections.

use std::time::Duration;

/// The bounds of API Gateway, and those of this process that have no published value there.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest frame a client may send, in bytes
    pub frame_bytes: usize,
    /// Largest message either way, in bytes
    pub message_bytes: usize,
    /// A connection that has been idle for this long is closed
    pub idle: Duration,
    /// A connection is closed after this long, even if it is active
    pub lifetime: Duration,
    /// A function that has not answered after this long has failed; it still runs to its end
    pub integration_timeout: Duration,
    /// Most messages that wait for a client to read them
    pub outbound_messages: usize,
    /// Most bytes that wait for a client to read them
    pub outbound_bytes: usize,
    /// Most invocations of one function at once. Lambda rejects invocations beyond a function's concurrency; here they
    /// wait their turn, since thousands of clients that come or leave at once must not use up the process's open files
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>
    pub concurrent_invocations: usize,
    /// Most invocations of one function that go on beside those, because their client does not read the answer
    pub waiting_invocations: usize,
    /// Most messages of one connection that `$default` handles at once
    pub concurrent_messages: usize,
    /// How long a message has `$default` to itself before the connection's next one is begun beside it
    pub head_start: Duration,
    /// How long a client may take to read its remaining messages when its connection is closed
    pub closing: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frame_bytes: 32 * 1024,
            message_bytes: 128 * 1024,
            idle: Duration::from_mins(10),
            lifetime: Duration::from_hours(2),
            integration_timeout: Duration::from_secs(29),
            outbound_messages: 256,
            outbound_bytes: 1024 * 1024,
            concurrent_invocations: 64,
            waiting_invocations: 64,
            concurrent_messages: 8,
            head_start: Duration::from_millis(100),
            closing: Duration::from_secs(2),
        }
    }
}
