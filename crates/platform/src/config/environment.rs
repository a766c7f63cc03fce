//! The configuration of a Lambda function, as the template sets it.

use super::{
    Config, EvidenceConfig, LEASE, PUSHES_PER_S, PrincipalLimits, RETENTION, RelayConfig, SUITE_DAYS, WORKERS, days,
};
use crate::Clock;
use crate::auth::TrustedIssuers;
use crate::logging;
use crate::metrics::Metrics;
use crate::metrics::embedded::{EmbeddedMetrics, Grouping};
use crate::origin::AllowedOrigins;
use crate::secret::{Secret, SecretSource};
use crate::webhooks::{self, WebhooksSource};
use std::sync::Arc;
use std::time::Duration;
use stepcast_suite::Evidence;

/// A setting that is missing or cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("environment variable `{name}` {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: String,
}

impl Config {
    /// Reads what the template sets.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_variables(&|name| std::env::var(name).ok())
    }

    /// Reads the configuration from any source of variables.
    fn from_variables(variable: Variables<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            table: required(variable, "STEPCAST_TABLE")?,
            queue_url: required(variable, "STEPCAST_QUEUE_URL")?,
            dead_letter_url: required(variable, "STEPCAST_DEAD_LETTER_URL")?,
            push_endpoint: required(variable, "STEPCAST_PUSH_ENDPOINT")?,
            secret: secret(variable)?,
            admin_token: None,
            issuers: issuers(variable)?,
            allowed_origins: allowed_origins(variable)?,
            webhooks: webhooks(variable)?,
            dashboard_url: optional(variable, "STEPCAST_DASHBOARD_URL"),
            lease: Duration::from_secs(number(variable, "STEPCAST_LEASE_SECONDS")?.unwrap_or(LEASE.as_secs())),
            workers: workers(variable)?,
            pushes_per_s: pushes_per_s(variable)?,
            relay: relay(variable)?,
            retention: number(variable, "STEPCAST_RETENTION_DAYS")?.map_or(RETENTION, days),
            suites_kept: suites_kept(variable)?,
            limits: limits(variable)?,
            evidence: evidence(variable)?,
            metrics: metrics(variable)?,
            traces: true,
            endpoints: None,
        })
    }
}

/// Longest time a suite can be kept after its last use.
const MOST_SUITE_DAYS: usize = 3_650;

/// Most pushes a second: what an account may send by default, and more if its quota was raised.
const MOST_PUSHES: usize = 100_000;

/// Most workers there can be.
const MOST_WORKERS: usize = 1_000;

type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads a variable. An empty one counts as not set: it is easier for a template to leave the value empty than to leave
/// the variable out.
fn optional(variable: Variables<'_>, name: &str) -> Option<String> {
    variable(name).filter(|value| !value.is_empty())
}

fn required(variable: Variables<'_>, name: &'static str) -> Result<String, ConfigError> {
    optional(variable, name).ok_or_else(|| ConfigError { name, problem: "is not set".to_owned() })
}

fn number(variable: Variables<'_>, name: &'static str) -> Result<Option<u64>, ConfigError> {
    let Some(text) = optional(variable, name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| ConfigError { name, problem: format!("is `{text}`, not a whole number") })
}

fn limits(variable: Variables<'_>) -> Result<PrincipalLimits, ConfigError> {
    let PrincipalLimits { connections, commands_per_s, open_jobs, suite_bytes, suites, all_suites, requests_per_job } =
        PrincipalLimits::default();
    Ok(PrincipalLimits {
        connections: limit(variable, "STEPCAST_MAX_CONNECTIONS", connections, PrincipalLimits::MOST_COUNTED)?,
        commands_per_s: limit(
            variable,
            "STEPCAST_MAX_COMMANDS_PER_SECOND",
            commands_per_s,
            PrincipalLimits::MOST_COMMANDS,
        )?,
        open_jobs: limit(variable, "STEPCAST_MAX_OPEN_JOBS", open_jobs, PrincipalLimits::MOST_COUNTED)?,
        suite_bytes: limit(variable, "STEPCAST_MAX_SUITE_BYTES", suite_bytes, PrincipalLimits::MOST_SUITE_BYTES)?,
        suites: limit(variable, "STEPCAST_MAX_SUITES", suites, PrincipalLimits::MOST_SUITES)?,
        all_suites: limit(variable, "STEPCAST_MAX_ALL_SUITES", all_suites, PrincipalLimits::MOST_SUITES)?,
        requests_per_job: limit(
            variable,
            "STEPCAST_MAX_REQUESTS_PER_JOB",
            requests_per_job,
            PrincipalLimits::MOST_REQUESTS,
        )?,
    })
}

/// Reads how many workers there are: as many as Lambda runs at once for a queue, at most.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
fn workers(variable: Variables<'_>) -> Result<u32, ConfigError> {
    let default = usize::try_from(WORKERS).unwrap_or(usize::MAX);
    let workers = limit(variable, "STEPCAST_WORKERS", default, MOST_WORKERS)?;
    Ok(u32::try_from(workers).unwrap_or(u32::MAX))
}

/// Reads how many messages a second a deployment may push, and returns the part of one of its workers.
fn pushes_per_s(variable: Variables<'_>) -> Result<u32, ConfigError> {
    let part = match relay(variable)? {
        Some(relay) => all_pushes_per_s(variable)? - relay.pushes_per_s,
        None => all_pushes_per_s(variable)?,
    };
    Ok((part / workers(variable)?).max(1))
}

/// Reads where the relay's queue is. The relay has half of the pushes, and the workers together have the other half.
fn relay(variable: Variables<'_>) -> Result<Option<RelayConfig>, ConfigError> {
    let pushes_per_s = all_pushes_per_s(variable)?.div_ceil(2);
    Ok(optional(variable, "STEPCAST_RELAY_URL").map(|url| RelayConfig { url, pushes_per_s }))
}

fn all_pushes_per_s(variable: Variables<'_>) -> Result<u32, ConfigError> {
    let default = usize::try_from(PUSHES_PER_S).unwrap_or(usize::MAX);
    let all = limit(variable, "STEPCAST_PUSHES_PER_SECOND", default, MOST_PUSHES)?;
    Ok(u32::try_from(all).unwrap_or(u32::MAX))
}

/// Reads the number of days, up to ten years: a suite that is kept for ever would never be cleaned up.
fn suites_kept(variable: Variables<'_>) -> Result<Duration, ConfigError> {
    let name = "STEPCAST_SUITE_DAYS";
    let default = usize::try_from(SUITE_DAYS).unwrap_or(usize::MAX);
    let kept = limit(variable, name, default, MOST_SUITE_DAYS)?;
    Ok(days(u64::try_from(kept).unwrap_or(u64::MAX)))
}

/// Reads a limit. 0 is rejected: it would lock everyone out.
fn limit(variable: Variables<'_>, name: &'static str, default: usize, most: usize) -> Result<usize, ConfigError> {
    let Some(limit) = number(variable, name)? else { return Ok(default) };
    let fitting = usize::try_from(limit).ok().filter(|limit| (1..=most).contains(limit));
    fitting.ok_or_else(|| ConfigError { name, problem: format!("is `{limit}`, not 1 to {most}") })
}

/// Metrics go to the log, where CloudWatch reads them.
fn metrics(variable: Variables<'_>) -> Result<Metrics, ConfigError> {
    let name = "STEPCAST_METRICS";
    let grouping = match optional(variable, name).as_deref() {
        None | Some("none") => return Ok(Metrics::default()),
        Some("outcome") => Grouping::Outcome,
        Some("suite_and_outcome") => Grouping::SuiteAndOutcome,
        Some(text) => {
            return Err(ConfigError { name, problem: format!("is `{text}`, not none, outcome or suite_and_outcome") });
        }
    };
    Ok(Metrics::with(Arc::new(EmbeddedMetrics::new(grouping, Clock::system(), logging::line))))
}

/// Reads where evidence is stored, and the most that is kept of it.
fn evidence(variable: Variables<'_>) -> Result<Option<EvidenceConfig>, ConfigError> {
    let Some(bucket) = optional(variable, "STEPCAST_EVIDENCE_BUCKET") else { return Ok(None) };
    let name = "STEPCAST_EVIDENCE";
    let most = match optional(variable, name) {
        None => Evidence::All,
        Some(text) => Evidence::named(&text)
            .ok_or_else(|| ConfigError { name, problem: format!("is `{text}`, not none, failed or all") })?,
    };
    Ok(Some(EvidenceConfig { bucket, most }))
}

fn issuers(variable: Variables<'_>) -> Result<TrustedIssuers, ConfigError> {
    let name = "STEPCAST_OIDC_ISSUERS";
    let Some(json) = optional(variable, name) else { return Ok(TrustedIssuers::default()) };
    TrustedIssuers::parse(&json).map_err(|error| ConfigError { name, problem: format!("has a mistake: {error}") })
}

fn allowed_origins(variable: Variables<'_>) -> Result<AllowedOrigins, ConfigError> {
    let name = "STEPCAST_ALLOWED_ORIGINS";
    let list = optional(variable, name).unwrap_or_default();
    AllowedOrigins::parse(&list).map_err(|error| ConfigError { name, problem: format!("has a mistake: {error}") })
}

fn webhooks(variable: Variables<'_>) -> Result<WebhooksSource, ConfigError> {
    let name = "STEPCAST_WEBHOOKS";
    match (optional(variable, name), optional(variable, "STEPCAST_WEBHOOKS_ARN")) {
        (Some(_), Some(_)) => Err(beside("STEPCAST_WEBHOOKS_ARN", name)),
        (Some(json), None) => webhooks::parse(&json)
            .map(WebhooksSource::Given)
            .map_err(|error| ConfigError { name, problem: format!("has a mistake: {error}") }),
        (None, Some(arn)) => Ok(WebhooksSource::Stored { arn }),
        (None, None) => Ok(WebhooksSource::Absent),
    }
}

fn beside(name: &'static str, other: &str) -> ConfigError {
    ConfigError { name, problem: format!("is set beside `{other}`; which of the two counts?") }
}

fn secret(variable: Variables<'_>) -> Result<SecretSource, ConfigError> {
    match (optional(variable, "STEPCAST_SECRET"), optional(variable, "STEPCAST_SECRET_ARN")) {
        (Some(_), Some(_)) => Err(beside("STEPCAST_SECRET_ARN", "STEPCAST_SECRET")),
        (Some(text), None) => Ok(SecretSource::Given(Secret::new(text))),
        (None, Some(arn)) => Ok(SecretSource::Stored { arn }),
        (None, None) => Ok(SecretSource::Absent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads the variables that every function has, and `more`.
    fn config(more: &[(&str, &str)]) -> Result<Config, String> {
        let common = ["STEPCAST_TABLE", "STEPCAST_QUEUE_URL", "STEPCAST_DEAD_LETTER_URL", "STEPCAST_PUSH_ENDPOINT"];
        let variable = |name: &str| {
            let more = more.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            more.or_else(|| common.contains(&name).then(|| "x".to_owned()))
        };
        Config::from_variables(&variable).map_err(|error| error.to_string())
    }

    #[test]
    fn the_secret_is_in_one_place_or_none() {
        let source = |more: &[(&str, &str)]| config(more).map(|config| config.secret);
        assert_eq!(source(&[]), Ok(SecretSource::Absent));
        assert_eq!(source(&[("STEPCAST_SECRET", "s")]), Ok(SecretSource::Given(Secret::new("s"))));
        let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:stepcast-AbCdEf";
        assert_eq!(source(&[("STEPCAST_SECRET_ARN", arn)]), Ok(SecretSource::Stored { arn: arn.to_owned() }));
        let both = source(&[("STEPCAST_SECRET_ARN", arn), ("STEPCAST_SECRET", "hunter2")]).expect_err("one too many");
        assert!(both.contains("`STEPCAST_SECRET_ARN`") && !both.contains("hunter2"), "{both}");
    }

    #[test]
    fn a_list_of_origins_is_read_whole() {
        let origins = |list| config(&[("STEPCAST_ALLOWED_ORIGINS", list)]).map(|config| config.allowed_origins);
        assert_eq!(origins(""), Ok(AllowedOrigins::Any));
        assert!(origins("https://qa.example").is_ok_and(|origins| !origins.admit("https://other.example")));
        let wrong = origins("https://qa.example,qa.example").expect_err("no origin");
        assert!(wrong.starts_with("environment variable `STEPCAST_ALLOWED_ORIGINS` has a mistake: `qa.example`"));
    }

    #[test]
    fn metrics_are_wanted_or_not() {
        let is_measured = |wanted| config(&[("STEPCAST_METRICS", wanted)]).map(|config| config.metrics.is_on());
        for (wanted, expected) in [("", false), ("none", false), ("outcome", true), ("suite_and_outcome", true)] {
            assert_eq!(is_measured(wanted), Ok(expected), "{wanted}");
        }
        let wrong = is_measured("all").expect_err("no such metrics");
        assert_eq!(wrong, "environment variable `STEPCAST_METRICS` is `all`, not none, outcome or suite_and_outcome");
    }

    #[test]
    fn a_mistake_in_an_issuer_is_named() {
        let wrong = config(&[("STEPCAST_OIDC_ISSUERS", "[{}]")]).expect_err("no issuer");
        assert_eq!(
            wrong,
            "environment variable `STEPCAST_OIDC_ISSUERS` has a mistake: entry 1: missing field `issuer`"
        );
    }

    #[test]
    fn webhooks_are_in_one_place_or_none() {
        let source = |more: &[(&str, &str)]| config(more).map(|config| config.webhooks.are_configured());
        assert_eq!(source(&[]), Ok(false));
        assert_eq!(source(&[("STEPCAST_WEBHOOKS", "[]")]), Ok(false));
        let arn = ("STEPCAST_WEBHOOKS_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:webhooks-AbCdEf");
        assert_eq!(source(&[arn]), Ok(true));
        let both = source(&[arn, ("STEPCAST_WEBHOOKS", "[]")]).expect_err("one too many");
        assert!(both.contains("`STEPCAST_WEBHOOKS_ARN` is set beside `STEPCAST_WEBHOOKS`"), "{both}");
        let wrong = source(&[("STEPCAST_WEBHOOKS", r#"[{ "url": "hunter2" }]"#)]).expect_err("no address");
        assert_eq!(
            wrong,
            "environment variable `STEPCAST_WEBHOOKS` has a mistake: entry 1: `url` is not an http or https address"
        );
    }

    #[test]
    fn limits_are_what_is_set_within_bounds() {
        let limits = |name, value| config(&[(name, value)]).map(|config| config.limits);
        let changed = PrincipalLimits { open_jobs: 7, ..PrincipalLimits::default() };
        assert_eq!(limits("STEPCAST_MAX_OPEN_JOBS", "7"), Ok(changed));
        let wrong = limits("STEPCAST_MAX_CONNECTIONS", "0").expect_err("nobody");
        assert_eq!(wrong, "environment variable `STEPCAST_MAX_CONNECTIONS` is `0`, not 1 to 5000");
        let kept = |value| config(&[("STEPCAST_SUITE_DAYS", value)]).map(|config| config.suites_kept);
        assert_eq!((kept(""), kept("7")), (Ok(days(400)), Ok(days(7))));
        let wrong = kept("3651").expect_err("too long");
        assert_eq!(wrong, "environment variable `STEPCAST_SUITE_DAYS` is `3651`, not 1 to 3650");
        let wrong = limits("STEPCAST_MAX_SUITES", "5001").expect_err("too many to count");
        assert_eq!(wrong, "environment variable `STEPCAST_MAX_SUITES` is `5001`, not 1 to 5000");
        let wrong = limits("STEPCAST_MAX_SUITE_BYTES", "1048577").expect_err("more than can be read");
        assert_eq!(wrong, "environment variable `STEPCAST_MAX_SUITE_BYTES` is `1048577`, not 1 to 1048576");
    }

    #[test]
    fn evidence_is_kept_if_there_is_a_bucket() {
        let evidence = |more: &[(&str, &str)]| config(more).map(|config| config.evidence);
        let of = |most| Ok(Some(EvidenceConfig { bucket: "b".to_owned(), most }));
        assert_eq!(evidence(&[("STEPCAST_EVIDENCE", "all")]), Ok(None));
        assert_eq!(evidence(&[("STEPCAST_EVIDENCE_BUCKET", "b")]), of(Evidence::All));
        assert_eq!(
            evidence(&[("STEPCAST_EVIDENCE_BUCKET", "b"), ("STEPCAST_EVIDENCE", "failed")]),
            of(Evidence::Failed)
        );
        let wrong = evidence(&[("STEPCAST_EVIDENCE_BUCKET", "b"), ("STEPCAST_EVIDENCE", "some")]).expect_err("no such");
        assert_eq!(wrong, "environment variable `STEPCAST_EVIDENCE` is `some`, not none, failed or all");
    }

    #[test]
    fn what_is_missing_or_no_number_is_named() {
        let missing = config(&[("STEPCAST_TABLE", "")]).expect_err("no table");
        assert_eq!(missing, "environment variable `STEPCAST_TABLE` is not set");
        let wrong = config(&[("STEPCAST_LEASE_SECONDS", "20s")]).expect_err("no number");
        assert_eq!(wrong, "environment variable `STEPCAST_LEASE_SECONDS` is `20s`, not a whole number");
    }
}
