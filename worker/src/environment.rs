//! The deployment's settings for the engine, read once at start.

use stepcast_engine::EngineConfig;

/// Reads the engine's settings as the template sets them. The engine never fetches the address of Lambda's own API,
/// even if private addresses are allowed.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
pub fn engine_config() -> EngineConfig {
    EngineConfig {
        allow_private_targets: is_allowed("STEPCAST_ALLOW_PRIVATE_TARGETS"),
        allow_insecure_targets: is_allowed("STEPCAST_ALLOW_INSECURE_TARGETS"),
        forbidden_hosts: std::env::var("AWS_LAMBDA_RUNTIME_API").into_iter().collect(),
        ..EngineConfig::default()
    }
}

fn is_allowed(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| value == "true")
}
