//! Which traces are exported, by the standard variables. The exporter itself reads where to and how.

use std::time::Duration;
use url::Url;

/// How long an export may take, if no variable says so.
/// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>
const TIMEOUT: Duration = Duration::from_secs(10);

/// How many spans may wait, unless a variable says so: a job of some thousand tests may end within the five seconds
/// between two exports.
const QUEUE: usize = 16_384;
/// Most spans that may wait, whatever a variable says: the room for them is taken at once, some hundred bytes each.
const MOST_QUEUE: usize = 100_000;

/// A source of variables.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The settings of the exporter that it does not read itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The share of traces that is exported, from 0 to 1
    pub share: f64,
    /// How long an export may take
    pub timeout: Duration,
    /// How many spans may wait to be exported
    pub queue: usize,
}

/// Reads a variable. An empty one counts as not set.
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#parsing-empty-value>
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Settings {
    /// Reads the settings. `None` if nothing is to be exported: that needs an endpoint, or the exporter by name.
    pub fn read(variable: Variables<'_>) -> Result<Option<Self>, String> {
        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let endpoints = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
        let endpoint = endpoints.into_iter().find_map(|name| Some((name, variable(name)?)));
        match variable("OTEL_TRACES_EXPORTER").as_deref() {
            None if endpoint.is_none() => return Ok(None),
            Some("none") => return Ok(None),
            None | Some("otlp") => {}
            Some(other) => return Err(format!("`OTEL_TRACES_EXPORTER` is `{other}`, not `otlp` or `none`")),
        }
        if let Some((name, address)) = endpoint {
            check_address(name, &address)?;
        }
        let protocols = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
        if let Some((name, other)) = protocols.into_iter().find_map(|name| Some((name, variable(name)?)))
            && other != "http/protobuf"
        {
            return Err(format!(
                "`{name}` is `{other}`, not `http/protobuf`, which collectors accept at port 4318 by default"
            ));
        }
        let timeouts = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
        let timeout = timeouts.into_iter().find_map(|name| Some(number(variable, name)?.map(Duration::from_millis)));
        Ok(Some(Self {
            share: share(variable)?,
            timeout: timeout.transpose()?.unwrap_or(TIMEOUT),
            queue: number(variable, "OTEL_BSP_MAX_QUEUE_SIZE")
                .transpose()?
                .map_or(QUEUE, |spans| usize::try_from(spans).unwrap_or(MOST_QUEUE).min(MOST_QUEUE)),
        }))
    }
}

/// The address may have credentials in it, so the message leaves it out.
fn check_address(name: &str, address: &str) -> Result<(), String> {
    let is_web = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    if Url::parse(address).is_ok_and(is_web) {
        Ok(())
    } else {
        Err(format!("`{name}` is not an address like `http://127.0.0.1:4318`"))
    }
}

fn number(variable: Variables<'_>, name: &str) -> Option<Result<u64, String>> {
    let text = variable(name)?;
    Some(text.trim().parse().map_err(|_| format!("`{name}` is `{text}`, not a whole number")))
}

/// Which part of the traces is exported. A job has no parent, so a sampler that asks the parent always does what it
/// does without one.
fn share(variable: Variables<'_>) -> Result<f64, String> {
    let sampler = variable("OTEL_TRACES_SAMPLER").unwrap_or_else(|| "always_on".to_owned());
    match sampler.trim_start_matches("parentbased_") {
        "always_on" => Ok(1.0),
        "always_off" => Ok(0.0),
        "traceidratio" => {
            let name = "OTEL_TRACES_SAMPLER_ARG";
            let text = variable(name).unwrap_or_else(|| "1".to_owned());
            let share = text.trim().parse().ok().filter(|share| (0.0..=1.0).contains(share));
            share.ok_or_else(|| format!("`{name}` is `{text}`, not 0 to 1"))
        }
        _ => Err(format!("`OTEL_TRACES_SAMPLER` is `{sampler}`, not always_on, always_off or traceidratio")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318");

    fn read(variables: &[(&str, &str)]) -> Result<Option<Settings>, String> {
        Settings::read(&|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn traces_are_exported_if_somebody_takes_them() {
        let standard = Settings { share: 1.0, timeout: Duration::from_secs(10), queue: 16_384 };
        for (variables, expected) in [
            (&[][..], None),
            (&[ENDPOINT], Some(standard)),
            (&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector.example/v1/traces")], Some(standard)),
            (&[("OTEL_TRACES_EXPORTER", "otlp")], Some(standard)),
            (&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")], None),
            (&[ENDPOINT, ("OTEL_SDK_DISABLED", "True")], None),
            (&[ENDPOINT, ("OTEL_TRACES_SAMPLER", "always_off")], Some(Settings { share: 0.0, ..standard })),
            (
                &[ENDPOINT, ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.25")],
                Some(Settings { share: 0.25, ..standard }),
            ),
            (
                &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"), ("OTEL_BSP_MAX_QUEUE_SIZE", "10")],
                Some(Settings { timeout: Duration::from_secs(2), queue: 10, ..standard }),
            ),
            (
                &[ENDPOINT, ("OTEL_BSP_MAX_QUEUE_SIZE", "18446744073709551615")],
                Some(Settings { queue: 100_000, ..standard }),
            ),
        ] {
            assert_eq!(read(variables), Ok(expected), "{variables:?}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        for (variables, expected) in [
            (
                &[("OTEL_EXPORTER_OTLP_ENDPOINT", "user:hunter2@127.0.0.1:4318")][..],
                "`OTEL_EXPORTER_OTLP_ENDPOINT` is not an address like `http://127.0.0.1:4318`",
            ),
            (&[("OTEL_TRACES_EXPORTER", "zipkin")], "`OTEL_TRACES_EXPORTER` is `zipkin`, not `otlp` or `none`"),
            (
                &[ENDPOINT, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
                "`OTEL_EXPORTER_OTLP_PROTOCOL` is `grpc`, not `http/protobuf`, which collectors accept at port 4318 by default",
            ),
            (
                &[ENDPOINT, ("OTEL_TRACES_SAMPLER", "jaeger_remote")],
                "`OTEL_TRACES_SAMPLER` is `jaeger_remote`, not always_on, always_off or traceidratio",
            ),
            (
                &[ENDPOINT, ("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "2")],
                "`OTEL_TRACES_SAMPLER_ARG` is `2`, not 0 to 1",
            ),
            (
                &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "10s")],
                "`OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` is `10s`, not a whole number",
            ),
        ] {
            assert_eq!(read(variables), Err(expected.to_owned()), "{variables:?}");
        }
    }
}
