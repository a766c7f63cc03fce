//! The arguments of `stepcast up`.

use super::access::PrincipalLimitArguments;
use super::parse::{parse_duration, parse_evidence, parse_issuers, parse_lease, parse_origin};
use clap::Args;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use stepcast_platform::auth::TrustedIssuers;
use stepcast_platform::origin::Origin;
use stepcast_suite::Evidence;

#[derive(Args)]
pub(crate) struct UpArguments {
    /// Port of the server; 0 picks a free one
    #[arg(long, default_value_t = 8787)]
    pub port: u16,
    #[command(flatten)]
    pub listen: ListenArguments,
    /// Directory for jobs, the queue and the keys
    #[arg(long, default_value = ".stepcast", value_name = "DIR")]
    pub data_dir: PathBuf,
    /// A fixed token with the role `admin`
    #[arg(long, env = "STEPCAST_ADMIN_TOKEN", hide_env_values = true, value_name = "T")]
    pub admin_token: Option<String>,
    /// OIDC issuers whose tokens are accepted: a list in JSON, or a file that contains it
    #[arg(long, value_name = "JSON|@FILE", default_value = "[]", hide_default_value = true, value_parser = parse_issuers)]
    pub oidc_issuers: TrustedIssuers,
    /// Let pages of this origin connect, like `https://qa.example`; can be given several times. The
    /// dashboard's own origin is always allowed
    #[arg(long = "allowed-origin", value_name = "ORIGIN", value_parser = parse_origin)]
    pub allowed_origins: Vec<Origin>,
    /// Webhooks to notify when a suite breaks or recovers: a list in JSON, or a file that contains it
    #[arg(long, env = "STEPCAST_WEBHOOKS", hide_env_values = true, value_name = "JSON|@FILE")]
    pub webhooks: Option<String>,
    /// Let tests fetch loopback, private and link-local addresses
    #[arg(long)]
    pub allow_private_targets: bool,
    /// Let suites say `insecure`, so that certificates are not verified
    #[arg(long)]
    pub allow_insecure_targets: bool,
    /// Maximum number of batches, of up to 25 tests each, to run at once
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub workers: u16,
    /// Print one line of JSON on standard output once connections are accepted
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub principal_limits: PrincipalLimitArguments,
    /// How many days to keep a stored suite after its last use
    #[arg(long, default_value_t = 400, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3650))]
    pub suite_days: u16,
    /// The most that is kept of what tests send and receive, whatever a suite says: `none`, `failed`,
    /// `changes` or `all`
    #[arg(long, default_value = "all", value_name = "WHICH", value_parser = parse_evidence)]
    pub evidence: Evidence,
    /// How many MiB of the disk that may take; the oldest is removed first
    #[arg(long, default_value_t = 2048, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub evidence_mib: u32,
    /// How long a worker may hold a test without renewing its lease
    #[arg(long, default_value = "20s", value_parser = parse_lease, value_name = "D", hide = true)]
    pub lease: Duration,
    /// How long a connection may be idle
    #[arg(long, default_value = "10m", value_parser = parse_duration, value_name = "D", hide = true)]
    pub idle_timeout: Duration,
    /// How long a connection may live
    #[arg(long, default_value = "2h", value_parser = parse_duration, value_name = "D", hide = true)]
    pub connection_lifetime: Duration,
}

/// Who can reach the server, and how
#[derive(Args)]
pub(crate) struct ListenArguments {
    /// The IP address to listen on; another than a loopback address lets other machines connect, and needs
    /// --public-url
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    pub bind: IpAddr,
    /// The address by which browsers and clients reach the server, like `https://qa.example`
    #[arg(long, env = "STEPCAST_PUBLIC_URL", value_name = "URL", value_parser = parse_origin)]
    pub public_url: Option<Origin>,
    /// A file with the certificate of that address and those it depends on, in PEM: the server speaks TLS. Without it, a
    /// proxy in front has to
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,
    /// A file with the certificate's private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,
}
