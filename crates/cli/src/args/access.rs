//! Arguments for tokens, shared links and the limits of principals.

use super::ServerArguments;
use super::parse::{parse_principal, parse_token_lifetime};
use clap::builder::RangedU64ValueParser;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;
use stepcast_local::stack::ONE_PERSON;
use stepcast_platform::PrincipalLimits;
use stepcast_protocol::JobId;
use stepcast_protocol::event::Role;

#[derive(Args)]
pub(crate) struct TokenArguments {
    #[command(subcommand)]
    pub command: TokenCommand,
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Create a token and print it, and on standard error the id to revoke it by
    New(NewTokenArguments),
    /// Revoke a token and close the connections opened with it
    Revoke {
        /// The token's id, not the token itself
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// List the ids of revoked tokens
    Revoked {
        #[command(flatten)]
        server: ServerArguments,
    },
}

#[derive(Args)]
pub(crate) struct NewTokenArguments {
    /// What the token allows
    #[arg(long, value_enum)]
    pub role: RoleArgument,
    /// How long the token is valid, at most a year: `365d`
    #[arg(long, value_parser = parse_token_lifetime, value_name = "D")]
    pub expires: Duration,
    /// The principal it belongs to
    #[arg(long, default_value = "token", value_parser = parse_principal)]
    pub principal: String,
    /// Data directory of `stepcast up`, which contains its keys
    #[arg(long, default_value = ".stepcast", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// The deployment's secret; replaces the one in the data directory
    #[arg(long, env = "STEPCAST_SECRET", hide_env_values = true, value_name = "S")]
    pub secret: Option<String>,
}

#[derive(Args)]
pub(crate) struct ShareArguments {
    /// The job's id
    #[arg(value_name = "JOB")]
    pub job: JobId,
    /// How long the link is valid; never longer than the job is kept
    #[arg(long, default_value = "7d", value_parser = parse_token_lifetime, value_name = "D")]
    pub expires: Duration,
    /// Do not show what the tests sent and received
    #[arg(long)]
    pub without_evidence: bool,
    #[command(flatten)]
    pub server: ServerArguments,
}

/// Limits of one principal
#[derive(Args, Clone, Copy)]
pub(crate) struct PrincipalLimitArguments {
    /// Maximum number of connections of one principal
    #[arg(long = "max-connections", default_value_t = ONE_PERSON.connections, value_name = "N", value_parser = up_to(PrincipalLimits::MOST_COUNTED))]
    pub connections: usize,
    /// Maximum number of commands of one principal per second, on average
    #[arg(long = "max-commands-per-second", default_value_t = ONE_PERSON.commands_per_s, value_name = "N", value_parser = up_to(PrincipalLimits::MOST_COMMANDS))]
    pub commands_per_s: usize,
    /// Maximum number of jobs of one principal that have no verdict yet
    #[arg(long = "max-open-jobs", default_value_t = ONE_PERSON.open_jobs, value_name = "N", value_parser = up_to(PrincipalLimits::MOST_COUNTED))]
    pub open_jobs: usize,
    /// Largest suite, in bytes of JSON
    #[arg(long = "max-suite-bytes", default_value_t = ONE_PERSON.suite_bytes, value_name = "N", value_parser = up_to(PrincipalLimits::MOST_SUITE_BYTES))]
    pub suite_bytes: usize,
    /// Maximum number of stored suites of one principal
    #[arg(long = "max-suites", default_value_t = ONE_PERSON.suites, value_name = "N", value_parser = up_to(PrincipalLimits::MOST_SUITES))]
    pub suites: usize,
    /// Maximum number of stored suites of all principals together
    #[arg(long = "max-all-suites", default_value_t = ONE_PERSON.all_suites, value_name = "N", value_parser = up_to(PrincipalLimits::MOST_SUITES))]
    pub all_suites: usize,
    /// Maximum number of requests of one job; each try of each step counts
    #[arg(long = "max-requests-per-job", default_value_t = ONE_PERSON.requests_per_job, value_name = "N", value_parser = up_to(PrincipalLimits::MOST_REQUESTS))]
    pub requests_per_job: usize,
}

fn up_to(most: usize) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=u64::try_from(most).unwrap_or(u64::MAX))
}

impl From<PrincipalLimitArguments> for PrincipalLimits {
    fn from(arguments: PrincipalLimitArguments) -> Self {
        Self {
            connections: arguments.connections,
            commands_per_s: arguments.commands_per_s,
            open_jobs: arguments.open_jobs,
            suite_bytes: arguments.suite_bytes,
            suites: arguments.suites,
            all_suites: arguments.all_suites,
            requests_per_job: arguments.requests_per_job,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum RoleArgument {
    /// Watch, list and comment
    Viewer,
    /// Also run jobs, and cancel, replay and share its own
    Runner,
    /// Everything
    Admin,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::Viewer => Self::Viewer,
            RoleArgument::Runner => Self::Runner,
            RoleArgument::Admin => Self::Admin,
        }
    }
}
