//! An HTTP client for addresses that the operator has listed. Addresses that clients send go to the worker's fetcher,
//! never here.

use reqwest::{Client, redirect};
use std::sync::OnceLock;
use std::time::Duration;

/// A client that is built on first use: most functions never need it, and loading the system's certificates would
/// otherwise be part of every cold start. It follows no redirects: only the operator decides where requests go.
#[derive(Debug)]
pub struct HttpClient {
    built: OnceLock<Client>,
    timeout: Duration,
}

impl HttpClient {
    /// Makes a client with a timeout for each request, including its response.
    pub fn new(timeout: Duration) -> Self {
        Self { built: OnceLock::new(), timeout }
    }

    /// Returns the client, or why it cannot be built on this system.
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

/// Returns the innermost cause of an error. The outer errors contain the address, which may be a secret.
pub fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
