//! Posts a notification to one webhook.
//!
//! The operator chooses the address, so it may be anywhere, including the internal network. No redirect is followed,
//! and only the status and `retry-after` of the answer are read. No message contains the address, which may be a
//! secret.

use super::{signature, slack};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::sync::Arc;
use std::time::Duration;
use stepcast_engine::retry_after;
use stepcast_platform::http_client::{HttpClient, cause};
use stepcast_platform::webhooks::{Webhook, WebhookFormat};
use stepcast_protocol::notification::Notification;

/// How long a receiver may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A receiver's answer to a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The receiver has accepted it
    Taken,
    /// The receiver will never accept it, and why
    Refused(String),
    /// The receiver may accept it later: why, and how long it asks to wait
    NotNow(String, Option<Duration>),
}

/// Posts with one HTTP client.
#[derive(Clone)]
pub(crate) struct Postman(Arc<HttpClient>);

impl Default for Postman {
    fn default() -> Self {
        Self(Arc::new(HttpClient::new(TIMEOUT)))
    }
}

impl Postman {
    /// Posts a notification, sent at `seconds` since 1970. All tries have the same `id`.
    pub async fn post(&self, webhook: &Webhook, id: &str, seconds: u64, notification: &Notification) -> Answer {
        let Some((headers, body)) = put_together(webhook, id, seconds, notification) else {
            return Answer::Refused("the request could not be put together".to_owned());
        };
        let client = match self.0.get() {
            Ok(client) => client,
            Err(error) => return Answer::NotNow(cause(error), None),
        };
        match client.post(webhook.url.reveal()).headers(headers).body(body).send().await {
            Ok(response) => answer(response.status(), response.headers()),
            Err(error) if error.is_timeout() => Answer::NotNow("it did not answer in time".to_owned(), None),
            Err(error) => Answer::NotNow(cause(error), None),
        }
    }
}

fn put_together(webhook: &Webhook, id: &str, seconds: u64, notification: &Notification) -> Option<(HeaderMap, String)> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", HeaderValue::from_str(id).ok()?);
    headers.insert("webhook-timestamp", HeaderValue::from(seconds));
    let body = match &webhook.format {
        WebhookFormat::Slack => slack::message(notification).to_string(),
        WebhookFormat::Json { key } => {
            let body = serde_json::to_string(notification).ok()?;
            let signature = signature::sign(key.reveal(), id, seconds, &body)?;
            headers.insert("webhook-signature", HeaderValue::from_str(&signature).ok()?);
            body
        }
    };
    Some((headers, body))
}

fn answer(status: StatusCode, headers: &HeaderMap) -> Answer {
    let reason = format!("it answered {status}");
    match status {
        status if status.is_success() => Answer::Taken,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Answer::NotNow(reason, retry_after::asked_for(status, headers))
        }
        status if status.is_server_error() => Answer::NotNow(reason, retry_after::asked_for(status, headers)),
        _ => Answer::Refused(reason),
    }
}
