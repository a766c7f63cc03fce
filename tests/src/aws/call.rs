//! A request of a function to an AWS service, as far as it can be seen from outside.

use axum::http::{HeaderMap, Method, Uri, header};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// A request to an AWS service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// The function that made it, by its name in the template
    pub function: String,
    /// `dynamodb`, `sqs`, `s3`, `secretsmanager` or `execute-api`, as IAM calls them
    pub service: String,
    /// The operation, such as `TransactWriteItems`
    pub operation: String,
    /// The connection it is about, of a request to `execute-api`
    pub connection: Option<String>,
    /// The IAM actions it needs
    pub actions: BTreeSet<String>,
    /// Items of a table it writes; DynamoDB charges for these, and not for requests
    pub items: usize,
    /// Whether the SDK gives the request up if it fails once more
    pub is_last_attempt: bool,
}

impl Call {
    /// Reads a request. Returns `None` if it is not for a known service.
    pub(super) fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (service, operation) = match text("x-amz-target").split_once('.') {
            Some(("DynamoDB_20120810", operation)) => ("dynamodb", operation),
            Some(("AmazonSQS", operation)) => ("sqs", operation),
            Some(("secretsmanager", operation)) => ("secretsmanager", operation),
            // A bucket is in the path if the endpoint is an address.
            _ if text("authorization").contains("/s3/aws4_request") => ("s3", object_operation(method)?),
            _ if uri.path().contains("/@connections/") => ("execute-api", connections_operation(method)?),
            _ => return None,
        };
        Some(Self {
            function: function(text(header::USER_AGENT.as_str())).to_owned(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            connection: (service == "execute-api").then(|| connection(uri)).flatten(),
            actions: actions(service, operation, body),
            items: items(operation, body),
            is_last_attempt: is_last_attempt(text("amz-sdk-request")),
        })
    }
}

/// Returns the function that made a request: the SDK sends the name of the application, which the template sets for
/// each function.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html>
fn function(user_agent: &str) -> &str {
    let mut parts = user_agent.split_whitespace();
    parts.find_map(|part| part.strip_prefix("app/stepcast-")).unwrap_or("unknown")
}

/// Reads what the SDK says of its attempts, such as `attempt=1; max=4`.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
fn is_last_attempt(attempts: &str) -> bool {
    let number = |name: &str| attempts.split("; ").find_map(|part| part.strip_prefix(name)?.parse::<u32>().ok());
    number("attempt=").zip(number("max=")).is_some_and(|(attempt, most)| attempt >= most)
}

/// Returns the connection in the path of a request. Ids may have characters that a path encodes.
fn connection(uri: &Uri) -> Option<String> {
    let (_, id) = uri.path().split_once("/@connections/")?;
    Some(percent_decode_str(id).decode_utf8_lossy().into_owned())
}

fn connections_operation(method: &Method) -> Option<&'static str> {
    match *method {
        Method::POST => Some("PostToConnection"),
        Method::GET => Some("GetConnection"),
        Method::DELETE => Some("DeleteConnection"),
        _ => None,
    }
}

fn object_operation(method: &Method) -> Option<&'static str> {
    match *method {
        Method::PUT => Some("PutObject"),
        Method::GET => Some("GetObject"),
        Method::HEAD => Some("HeadObject"),
        _ => None,
    }
}

/// The IAM actions of an operation. To look at an object takes the permission to get it. Batches of SQS have the action
/// of the single message, and a transaction those of what is in it.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html>
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>
fn actions(service: &str, operation: &str, body: &[u8]) -> BTreeSet<String> {
    let names: BTreeSet<String> = match (service, operation) {
        ("execute-api", _) => BTreeSet::from(["ManageConnections".to_owned()]),
        ("dynamodb", "TransactWriteItems") => {
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let items = body["TransactItems"].as_array().cloned().unwrap_or_default();
            items
                .iter()
                .filter_map(Value::as_object)
                .flat_map(serde_json::Map::keys)
                .map(|kind| match kind.as_str() {
                    "ConditionCheck" => "ConditionCheckItem".to_owned(),
                    kind => format!("{kind}Item"),
                })
                .collect()
        }
        ("s3", "HeadObject") => BTreeSet::from(["GetObject".to_owned()]),
        ("sqs", operation) => BTreeSet::from([operation.strip_suffix("Batch").unwrap_or(operation).to_owned()]),
        (_, operation) => BTreeSet::from([operation.to_owned()]),
    };
    names.into_iter().map(|name| format!("{service}:{name}")).collect()
}

fn items(operation: &str, body: &[u8]) -> usize {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => 1,
        "TransactWriteItems" => count(&body["TransactItems"]),
        "BatchWriteItem" => body["RequestItems"].as_object().map_or(0, |tables| tables.values().map(count).sum()),
        _ => 0,
    }
}
