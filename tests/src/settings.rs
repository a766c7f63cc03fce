//! The settings with which a deployment starts, and tokens for it.

use crate::stepcast_with;
use std::net::SocketAddr;
use std::time::Duration;

/// The settings of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Whether tests may fetch from loopback, where the site of a test is
    pub allow_private_targets: bool,
    /// Batches processed at once
    pub workers: u32,
    /// How long a worker holds a test without a sign of life
    pub lease: Duration,
    /// The collector to which functions on AWS export their traces
    pub collector: Option<SocketAddr>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { allow_private_targets: true, workers: 8, lease: Duration::from_secs(20), collector: None }
    }
}

pub(crate) fn new_token(principal: &str, role: &str, options: &[String], secret: Option<&str>) -> String {
    let arguments = ["token", "new", "--role", role, "--expires", "1h", "--principal", principal].map(str::to_owned);
    let made = stepcast_with(
        &[&arguments, options].concat(),
        &secret.map(|secret| ("STEPCAST_SECRET", secret)).into_iter().collect::<Vec<_>>(),
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    made.stdout.trim().to_owned()
}
