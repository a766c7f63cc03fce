//! The table: one DynamoDB table with items of several kinds, which their keys distinguish.
//!
//! | pk | sk | what |
//! | --- | --- | --- |
//! | `JOB#id` | `JOB` | the job: status, counters, verdict |
//! | `JOB#id` | `SUITE` | its suite and values, written once |
//! | `JOB#id` | `PLAN#plan#TESTS#first` | a part of the plan: tests, packed |
//! | `JOB#id` | `PLAN#plan#BATCH#batch` | a batch that was claimed: its lease, and which of its tests have ended |
//! | `JOB#id` | `PLAN#plan#RESULTS#batch#write#part` | results of a batch that were written together, packed |
//! | `JOB#id` | `COMMENT#time#uuid` | a comment on it |
//! | `JOBS` | `id` | every job, newest last |
//! | `SUITE#name` | `id` | the jobs of one suite |
//! | `HISTORY#length#suite#branch` | `id#part` | the outcomes of a job's tests, for later jobs |
//! | `OPEN` | `id` | jobs without a verdict, for the reaper |
//! | `SUITE_STATE#name` | `[branch, tags]` | the state of a suite, if webhooks are notified |
//! | `OUTBOX` | `id` | jobs whose notification is not delivered |
//! | `KEY#principal` | `key` | idempotency keys |
//! | `CONNECTION#id` | `CONNECTION` | a connection: its principal and its start |
//! | `CONNECTION#id` | `WATCH#topic` | a topic it watches, to clean up when it closes |
//! | `WATCH#topic` | `connection` | a watcher of the topic, to publish events |
//! | `CONNECTIONS` | `connection` | every connection |
//! | `OPEN_CONNECTIONS#principal` | `window` | how many of those that a principal opened in five minutes are open |
//! | `OPEN#principal` | `time#id` | a principal's jobs without a verdict, for counting |
//! | `COMMANDS#principal` | `window` | how many commands a principal sent in a window of some seconds |
//! | `PINGS#principal` | `window` | how many times it sent `ping` in that window |
//! | `HOST#digest` | `HOST` | what processes claim of a host that tests send requests to, by its name's digest |
//! | `REVOKED` | `token` | tokens that were revoked, by id |
//! | `SUITES` | `name` | stored suites, and names that are reserved for their owners |
//! | `SUITE_NAMES` | `name` | the owners of the names, for counting |
//! | `NOTICES` | `time#uuid` | a notice of an admin to everyone |
//!
//! Job ids are `UUIDv7`, so they sort by time. Every item that may be left behind has an `expires_at`. DynamoDB deletes
//! late, so readers check it themselves if it matters.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>

mod baselines;
mod batches;
mod commands;
mod connections;
mod conversion;
mod expression;
mod history;
mod host_claims;
mod item;
mod jobs;
mod known;
mod lists;
mod open_connections;
mod outbox;
mod packed;
mod plan;
mod principal;
mod record;
mod results;
mod revoked;
mod said;
mod schema;
mod suite_state;
mod suites;
mod test_records;
mod time_range;
mod write;

pub use baselines::Baseline;
pub use batches::{Batch, BatchRecord, Claim, Lease, MOST_TESTS};
pub use commands::{CommandKind, CountedCommand};
pub use connections::{Connection, topic_feed, topic_job};
pub use conversion::Conversion;
pub use history::{PastJob, PastTest};
pub use host_claims::{HostClaim, HostClaimChanges, HostClaimName, HostClaims, HostRight};
pub use jobs::{Created, NewJob, Planned};
pub use open_connections::OpenConnections;
pub use outbox::PendingNotification;
pub use plan::NewTest;
pub use record::{JobRecord, JobSource, SealedSecrets, TestRecord};
pub use results::{BatchResults, FinishedTest, NewBaseline, TestResult};
pub use revoked::Revoked;
pub use said::Said;
pub use suites::{NameCounts, NamedSuite, NewSuite};

use crate::clock::Clock;
use crate::config::Config;
use crate::error::Error;
use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use commands::Counting;
use known::Known;
use std::error::Error as StdError;
use std::fmt::Debug;
use std::time::Duration;
use stepcast_protocol::id::{ConnectionId, JobId};
use stepcast_protocol::state::ListedJob;

pub(crate) const SERVICE: &str = "DynamoDB";

/// How long a connection is known without reading it again. Another process may have deleted it.
const CONNECTION_KNOWN_FOR: Duration = Duration::from_secs(10);
const MOST_CONNECTIONS: usize = 4_096;

/// How long a finished job is known. It changes no more, but it is deleted one day.
const JOB_KNOWN_FOR: Duration = Duration::from_hours(1);
const MOST_JOBS: usize = 512;

/// The table and its operations.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
    clock: Clock,
    connections: Known<ConnectionId, Connection>,
    /// Jobs that have their verdict, as lists show them
    finished: Known<JobId, ListedJob>,
    counting: Counting,
    retention: Duration,
    /// How long a stored suite is kept after it was last used
    suites_kept: Duration,
    /// Whether webhooks are notified when a suite breaks or recovers
    notifies_of_suites: bool,
}

impl Table {
    pub(crate) fn new(sdk: &SdkConfig, config: &Config, clock: Clock) -> Self {
        let mut settings = aws_sdk_dynamodb::config::Builder::from(sdk);
        if let Some(endpoints) = &config.endpoints {
            settings = settings.endpoint_url(&endpoints.table);
        }
        Self {
            client: Client::from_conf(settings.build()),
            name: config.table.clone(),
            clock,
            connections: Known::new(CONNECTION_KNOWN_FOR, MOST_CONNECTIONS),
            finished: Known::new(JOB_KNOWN_FOR, MOST_JOBS),
            counting: Counting::default(),
            retention: config.retention,
            suites_kept: config.suites_kept,
            notifies_of_suites: config.webhooks.are_configured(),
        }
    }

    fn expiry(&self) -> u64 {
        self.clock.expiry(self.retention)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn failed<E>(error: SdkError<E>) -> Error
where
    E: StdError + ProvideErrorMetadata + Debug + 'static,
{
    Error::from_sdk(SERVICE, &error)
}
