//! An HTTP client for addresses the operator has listed. What strangers send leads to the worker's fetcher and never here.

use reqwest::{Client, redirect};
use std::sync::OnceLock;
use std::time::Duration;

/// A client that is built when it is first needed: most functions never do, and loading the system's certificates would be
/// part of every cold start. It follows no redirect: nobody but the operator says where requests go.
#[derive(Debug)]
pub struct HttpClient {
    built: OnceLock<Client>,
    timeout: Duration,
}

impl HttpClient {
    /// One whose requests may take so long, with their answers.
    pub fn new(timeout: Duration) -> Self {
        Self { built: OnceLock::new(), timeout }
    }

    /// The client, or why there can be none on this system.
    pub fn get(&self) -> reqwest::Result<&Client> {
        if let Some(client) = self.built.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .timeout(self.timeout)
            .redirect(redirect::Policy::none())
            .referer(false)
            .user_agent(concat!("stepcast/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(self.built.get_or_init(|| client))
    }
}

/// What lies at the bottom of an error. Above it stands the address, which may be a secret.
pub fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
