//! The arguments of the command line.

mod access;
mod parse;
mod up;

pub(crate) use access::{NewTokenArguments, ShareArguments, TokenArguments, TokenCommand};
pub(crate) use parse::text_or_file;
pub(crate) use up::{ListenArguments, UpArguments};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use parse::{
    parse_address, parse_answers_from, parse_duration, parse_evidence, parse_moment, parse_pair, parse_secret,
    parse_time_limit,
};
use std::path::PathBuf;
use std::time::Duration;
use stepcast_protocol::moment::Moment;
use stepcast_protocol::state::{AnswersFrom, JobLimits};
use stepcast_protocol::{JobId, SuiteName};
use stepcast_suite::Evidence;
use url::Url;

/// Page tests with live results
#[derive(Parser)]
#[command(version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0    all tests passed (flaky counts as passed and is shown)
  1    a test failed
  2    wrong usage, or an invalid suite
  3    unknown result: errored or blocked tests, server unreachable, no verdict in time
  4    nothing was tested
  130  cancelled";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start the whole stack on this machine: server, worker, queue, table and dashboard
    Up(UpArguments),
    /// Run a suite on a server and wait for its verdict
    Run(RunArguments),
    /// Run suites in this process, without a server
    Check(CheckArguments),
    /// Watch a job until its verdict
    Watch(WatchArguments),
    /// List jobs, newest first
    Jobs(JobsArguments),
    /// Show the past outcomes of a suite's tests
    History(HistoryArguments),
    /// Show what the tests of a job sent and received
    Evidence(EvidenceArguments),
    /// Stop a job
    Cancel(CancelArguments),
    /// Run a job again
    Replay(ReplayArguments),
    /// Store suites on a server, list, show and remove them
    Suites(SuitesArguments),
    /// Print a link that shows one job to anyone who has it
    Share(ShareArguments),
    /// Create, revoke and list tokens
    Token(TokenArguments),
    /// Write a first suite for an address, and run it
    Init(InitArguments),
    /// Format suite files
    Fmt(FormatArguments),
    /// Report errors and warnings in suite files, without running them
    Lint(LintArguments),
    /// Convert a Hurl file to a suite
    Import(ImportArguments),
    /// Print what a shell needs to complete commands and options
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write a manual page for each command
    #[command(hide = true)]
    ManualPages {
        /// The folder to write them to; it has to exist
        folder: PathBuf,
    },
}

/// The server, and the token for it
#[derive(Args, Clone)]
pub(crate) struct ServerArguments {
    /// WebSocket address of the server; by default the one that `stepcast up` started here
    #[arg(long, env = "STEPCAST_URL", value_name = "WS")]
    pub url: Option<String>,
    /// The token to authenticate with
    #[arg(long, env = "STEPCAST_TOKEN", hide_env_values = true, value_name = "T")]
    pub token: Option<String>,
    /// Data directory of `stepcast up`, to find a server on this machine
    #[arg(long, default_value = ".stepcast", value_name = "DIR")]
    pub data_dir: PathBuf,
}

/// The files for results
#[derive(Args, Clone, Default)]
pub(crate) struct ReportArguments {
    /// Write every event as a line of JSON; `-` is standard output
    #[arg(long, value_name = "F")]
    pub json: Option<PathBuf>,
    /// Write a JUnit report
    #[arg(long, value_name = "F")]
    pub junit: Option<PathBuf>,
    /// Write a summary in Markdown, what did not pass first
    #[arg(long, value_name = "F")]
    pub markdown: Option<PathBuf>,
}

/// Values for the suite's templates
#[derive(Args, Clone, Default)]
pub(crate) struct ValueArguments {
    /// A value for `${K}`; replaces the suite's own
    #[arg(long = "var", value_name = "K=V", value_parser = parse_pair)]
    pub vars: Vec<(String, String)>,
    /// A value for `${secret.K}`; it is never shown. `K` alone takes it from the environment
    #[arg(long = "secret", value_name = "K=V", value_parser = parse_secret)]
    pub secrets: Vec<(String, String)>,
    /// Only tests with all of these tags; if given several times, tests that match any of the lists
    #[arg(long, value_name = "a,b")]
    pub tags: Vec<String>,
}

/// When to stop before all tests have run
#[derive(Args, Clone, Copy, Default)]
pub(crate) struct LimitArguments {
    /// Stop after N tests that did not pass; the remaining tests end as cancelled
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_failures: Option<u32>,
    /// Stop after this time, in whole seconds; the remaining tests end as cancelled
    #[arg(long, value_name = "D", value_parser = parse_time_limit)]
    pub time_limit: Option<u32>,
}

impl From<LimitArguments> for JobLimits {
    fn from(arguments: LimitArguments) -> Self {
        Self { max_failures: arguments.max_failures, time_limit_s: arguments.time_limit, ..Self::default() }
    }
}

#[derive(Args)]
pub(crate) struct RunArguments {
    /// A suite file, or the name of a suite stored on the server; NAME@VERSION runs it only if it is at that version
    #[arg(value_name = "FILE|NAME")]
    pub suite: String,
    #[command(flatten)]
    pub server: ServerArguments,
    #[command(flatten)]
    pub values: ValueArguments,
    /// A label to find the job by
    #[arg(long = "label", value_name = "K=V", value_parser = parse_pair)]
    pub labels: Vec<(String, String)>,
    #[command(flatten)]
    pub limits: LimitArguments,
    /// Keep what tests send and receive, whatever the suite says: `none`, `failed` for attempts that do not pass,
    /// `changes` for those and for answers that changed, or `all`
    #[arg(long, value_name = "WHICH", value_parser = parse_evidence)]
    pub evidence: Option<Evidence>,
    #[command(flatten)]
    pub report: ReportArguments,
    /// Print the job's id and do not wait for its verdict
    #[arg(long)]
    pub detach: bool,
    /// How long to wait for the verdict
    #[arg(long, value_parser = parse_duration, value_name = "D")]
    pub timeout: Option<Duration>,
}

#[derive(Args, Default)]
pub(crate) struct CheckArguments {
    /// Suite files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub values: ValueArguments,
    #[command(flatten)]
    pub limits: LimitArguments,
    #[command(flatten)]
    pub report: ReportArguments,
    /// Refuse loopback, private and link-local addresses, as a server does
    #[arg(long)]
    pub deny_private_targets: bool,
    /// Refuse suites that say `insecure`, as a server does
    #[arg(long)]
    pub deny_insecure_targets: bool,
    /// Write every request and its answer to an HTTP archive, secrets masked
    #[arg(long, value_name = "F.har", conflicts_with = "from")]
    pub record: Option<PathBuf>,
    /// Take the answers from an HTTP archive, and fetch nothing: one that `--record` wrote, or that a browser's
    /// developer tools saved
    #[arg(long, value_name = "F.har")]
    pub from: Option<PathBuf>,
    /// Run again whenever a suite file is saved, or a file that it names; press Ctrl-C to end
    #[arg(long)]
    pub watch: bool,
}

#[derive(Args)]
pub(crate) struct WatchArguments {
    /// The job's id
    #[arg(value_name = "JOB")]
    pub job: JobId,
    #[command(flatten)]
    pub server: ServerArguments,
    #[command(flatten)]
    pub report: ReportArguments,
    /// How long to wait for the verdict
    #[arg(long, value_parser = parse_duration, value_name = "D")]
    pub timeout: Option<Duration>,
}

#[derive(Args)]
pub(crate) struct JobsArguments {
    #[command(flatten)]
    pub server: ServerArguments,
    /// Only jobs of this suite
    #[arg(long, value_name = "NAME")]
    pub suite: Option<SuiteName>,
    /// Only jobs in this status
    #[arg(long, value_enum)]
    pub status: Option<Status>,
    /// Only jobs with this label; if given several times, jobs with all of them
    #[arg(long = "label", value_name = "K=V", value_parser = parse_pair)]
    pub labels: Vec<(String, String)>,
    /// Only jobs from this time on: how long ago, like `24h`, or a timestamp, like `2026-11-22T10:20:30Z`
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub since: Option<Moment>,
    /// Only jobs from before this time
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub until: Option<Moment>,
    /// How many jobs to list, at most 100
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
    /// Print one job per line as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub(crate) struct HistoryArguments {
    /// The suite's name
    #[arg(value_name = "SUITE")]
    pub suite: SuiteName,
    #[command(flatten)]
    pub server: ServerArguments,
    /// Only jobs with this value of the label `branch`; by default, jobs without that label
    #[arg(long, value_name = "B")]
    pub branch: Option<String>,
    /// Only the test with this name
    #[arg(long, value_name = "NAME")]
    pub test: Option<String>,
    /// How many jobs to show, at most 50
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=50))]
    pub limit: u32,
    /// Print one test per line as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub(crate) struct EvidenceArguments {
    /// The job's id
    #[arg(value_name = "JOB")]
    pub job: JobId,
    /// Only this test: its name, or its place in the plan, from 0
    #[arg(long, value_name = "T")]
    pub test: Option<String>,
    /// Only this step, by its place in the test, from 0
    #[arg(long, value_name = "S")]
    pub step: Option<u32>,
    /// Only this attempt, from 1
    #[arg(long, value_name = "N")]
    pub attempt: Option<u32>,
    /// Write it to an HTTP archive, which browsers open
    #[arg(long, value_name = "F", conflicts_with = "body")]
    pub har: Option<PathBuf>,
    /// Write the body of the answer to a file
    #[arg(long, value_name = "F")]
    pub body: Option<PathBuf>,
    #[command(flatten)]
    pub server: ServerArguments,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Status {
    Accepted,
    Running,
    Cancelling,
    Finished,
}

#[derive(Args)]
pub(crate) struct CancelArguments {
    /// The job's id
    #[arg(value_name = "JOB")]
    pub job: JobId,
    #[command(flatten)]
    pub server: ServerArguments,
}

#[derive(Args)]
pub(crate) struct ReplayArguments {
    /// The job's id
    #[arg(value_name = "JOB")]
    pub job: JobId,
    /// Only the tests that did not pass
    #[arg(long)]
    pub failed: bool,
    /// Judge what the job saw, instead of asking the site again: `evidence`
    #[arg(long, value_name = "evidence", value_parser = parse_answers_from)]
    pub on: Option<AnswersFrom>,
    /// With --on: another suite, as a file, or the name of a stored one
    #[arg(long, value_name = "FILE|NAME", requires = "on")]
    pub suite: Option<String>,
    /// Another value for `${K}`
    #[arg(long = "var", value_name = "K=V", value_parser = parse_pair)]
    pub vars: Vec<(String, String)>,
    /// Another value for `${secret.K}`; it is never shown. `K` alone takes it from the environment
    #[arg(long = "secret", value_name = "K=V", value_parser = parse_secret)]
    pub secrets: Vec<(String, String)>,
    #[command(flatten)]
    pub server: ServerArguments,
    #[command(flatten)]
    pub report: ReportArguments,
    /// Print the new job's id and do not wait for its verdict
    #[arg(long)]
    pub detach: bool,
    /// How long to wait for the verdict
    #[arg(long, value_parser = parse_duration, value_name = "D")]
    pub timeout: Option<Duration>,
}

#[derive(Args)]
pub(crate) struct SuitesArguments {
    #[command(subcommand)]
    pub command: SuitesCommand,
}

#[derive(Subcommand)]
pub(crate) enum SuitesCommand {
    /// Store a suite
    Push {
        /// The suite file
        file: PathBuf,
        /// The name to store it under; by default the suite's own
        #[arg(long)]
        name: Option<String>,
        /// The principal that will own it (admins only); by default the one that stores it first
        #[arg(long, value_name = "PRINCIPAL")]
        owner: Option<String>,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// List the stored suites
    List {
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Print a stored suite as JSON
    Show {
        /// The name it is stored under
        name: SuiteName,
        #[command(flatten)]
        server: ServerArguments,
    },
    /// Remove a stored suite
    Rm {
        /// The name it is stored under
        name: SuiteName,
        #[command(flatten)]
        server: ServerArguments,
    },
}

#[derive(Args)]
pub(crate) struct InitArguments {
    /// The address of a page; `https://` may be left out
    #[arg(value_name = "ADDRESS", value_parser = parse_address)]
    pub address: Url,
    /// The file to write; by default named after the host, like `shop.example.stepcast.yaml`
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct FormatArguments {
    /// Suite files
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Change nothing, name the files that are not formatted, and end with 1 if there are any
    #[arg(long)]
    pub check: bool,
}

#[derive(Args)]
pub(crate) struct LintArguments {
    /// Suite files
    #[arg(required_unless_present = "schema", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print the JSON Schema of suite files, for editors, instead of reading files
    #[arg(long, conflicts_with = "files")]
    pub schema: bool,
}

#[derive(Args)]
pub(crate) struct ImportArguments {
    /// A Hurl file (<https://hurl.dev>)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// File to write the suite to; by default standard output
    #[arg(short, long, value_name = "F")]
    pub output: Option<PathBuf>,
    /// Overwrite an existing file
    #[arg(long, requires = "output")]
    pub force: bool,
    /// Accept a suite that lacks parts of the file; without this option, that is exit code 1
    #[arg(long)]
    pub lossy: bool,
}
