//! The queue over HTTP: AWS JSON 1.0, as Amazon SQS speaks it.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>

use super::error::QueueError;
use super::message::{NewMessage, ReceiveRequest};
use super::service::QueueService;
use super::{validation, wire};
use crate::access::AccessKey;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const TARGET_PREFIX: &str = "AmazonSQS.";
/// A batch has at most 1 MiB of messages, which JSON can write with up to six bytes each.
const REQUEST_BYTES: usize = 8 * 1024 * 1024;

/// Serves `service` to callers with `key`. `endpoint` is the URL of this server, which queue URLs start with. Receivers
/// that wait when `shutdown` comes get an empty answer.
pub fn router(
    service: QueueService,
    key: AccessKey,
    endpoint: impl Into<String>,
    shutdown: CancellationToken,
) -> Router {
    let router = Router::new().fallback(answer).layer(DefaultBodyLimit::max(REQUEST_BYTES)).with_state(Server {
        service,
        endpoint: endpoint.into(),
        shutdown,
    });
    key.guard(router, "InvalidClientTokenId")
}

#[derive(Clone)]
struct Server {
    service: QueueService,
    endpoint: String,
    shutdown: CancellationToken,
}

async fn answer(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or_default();
    match server.perform(operation, &body).await {
        Ok(answer) => respond(StatusCode::OK, &answer),
        Err(error) => refuse(operation, &error),
    }
}

impl Server {
    async fn perform(&self, operation: &str, body: &[u8]) -> Result<Value, QueueError> {
        match operation {
            "CreateQueue" => self.create_queue(read(body)?).await,
            "GetQueueUrl" => self.get_queue_url(read(body)?).await,
            "GetQueueAttributes" => self.get_attributes(queue(body)?.queue(), read(body)?).await,
            "SetQueueAttributes" => self.set_attributes(queue(body)?.queue(), read(body)?).await,
            "SendMessage" => self.send(queue(body)?.queue(), read::<wire::Send>(body)?.into()).await,
            "SendMessageBatch" => self.send_batch(queue(body)?.queue(), read(body)?).await,
            "ReceiveMessage" => self.receive(queue(body)?.queue(), read(body)?).await,
            "DeleteMessage" => self.delete(queue(body)?.queue(), read(body)?).await,
            "DeleteMessageBatch" => self.delete_batch(queue(body)?.queue(), read(body)?).await,
            "ChangeMessageVisibility" => self.change_visibility(queue(body)?.queue(), read(body)?).await,
            "ChangeMessageVisibilityBatch" => self.change_visibility_batch(queue(body)?.queue(), read(body)?).await,
            "PurgeQueue" => self.service.purge(queue(body)?.queue()).await.map(|()| json!({})),
            "StartMessageMoveTask" => self.start_move_task(read(body)?).await,
            _ => Err(QueueError::UnsupportedOperation(operation.to_owned())),
        }
    }

    async fn create_queue(&self, request: wire::QueueName) -> Result<Value, QueueError> {
        let attributes = wire::read_attributes(&request.attributes)?;
        self.service.create_queue(&request.queue_name, attributes).await?;
        Ok(self.queue_url(&request.queue_name))
    }

    async fn get_queue_url(&self, request: wire::QueueName) -> Result<Value, QueueError> {
        let queue = self.service.queue(&request.queue_name).await?;
        Ok(self.queue_url(&queue.name))
    }

    fn queue_url(&self, name: &str) -> Value {
        json!({ "QueueUrl": queue_url(&self.endpoint, name) })
    }

    async fn get_attributes(&self, queue: &str, request: wire::GetAttributes) -> Result<Value, QueueError> {
        let (queue, counts) = (self.service.queue(queue).await?, self.service.counts(queue).await?);
        Ok(json!({ "Attributes": wire::queue_attributes(&queue, counts, &request.attribute_names) }))
    }

    async fn set_attributes(&self, queue: &str, request: wire::SetAttributes) -> Result<Value, QueueError> {
        self.service.set_attributes(queue, wire::read_attributes(&request.attributes)?).await?;
        Ok(json!({}))
    }

    async fn send(&self, queue: &str, message: NewMessage) -> Result<Value, QueueError> {
        let sent = self.service.send(queue, message.clone()).await?;
        Ok(wire::sent(&sent.message_id, &message))
    }

    /// An error in the batch fails all of it; an error in a message fails only that message.
    async fn send_batch(&self, queue: &str, request: wire::Batch<wire::Send>) -> Result<Value, QueueError> {
        validation::batch(request.entries.iter().map(|entry| entry.id.as_str()))?;
        let entries: Vec<(String, NewMessage)> =
            request.entries.into_iter().map(|entry| (entry.id, entry.content.into())).collect();
        validation::batch_size(entries.iter().map(|(_, message)| message.size()).sum())?;

        let mut answer = wire::BatchAnswer::default();
        let mut accepted = Vec::new();
        for (id, message) in entries {
            match validation::message(&message) {
                Ok(()) => accepted.push((id, message)),
                Err(error) => answer.fail(&id, &error),
            }
        }
        let messages = accepted.iter().map(|(_, message)| message.clone()).collect();
        let sent = self.service.send_valid(queue, messages).await?;
        for ((id, message), sent) in accepted.iter().zip(sent) {
            let mut entry = wire::sent(&sent.message_id, message);
            entry["Id"] = id.as_str().into();
            answer.successful.push(entry);
        }
        Ok(json!(answer))
    }

    async fn receive(&self, queue: &str, request: wire::Receive) -> Result<Value, QueueError> {
        let wanted = ReceiveRequest {
            max_messages: request.max_number_of_messages.unwrap_or(1),
            visibility_timeout: request.visibility_timeout.map(Duration::from_secs),
            wait: request.wait_time_seconds.map(Duration::from_secs),
        };
        let received = self.service.receive(queue, wanted, &self.shutdown).await?;
        if received.is_empty() {
            return Ok(json!({}));
        }
        let messages: Vec<Value> = received.iter().map(|message| wire::received(message, &request)).collect();
        Ok(json!({ "Messages": messages }))
    }

    async fn delete(&self, queue: &str, request: wire::Delete) -> Result<Value, QueueError> {
        self.service.delete(queue, &request.receipt_handle).await?;
        Ok(json!({}))
    }

    async fn delete_batch(&self, queue: &str, request: wire::Batch<wire::Delete>) -> Result<Value, QueueError> {
        validation::batch(request.entries.iter().map(|entry| entry.id.as_str()))?;
        let mut answer = wire::BatchAnswer::default();
        for entry in request.entries {
            let outcome = self.service.delete(queue, &entry.content.receipt_handle).await;
            note(&mut answer, &entry.id, outcome)?;
        }
        Ok(json!(answer))
    }

    async fn change_visibility(&self, queue: &str, request: wire::ChangeVisibility) -> Result<Value, QueueError> {
        let timeout = Duration::from_secs(request.visibility_timeout);
        self.service.change_visibility(queue, &request.receipt_handle, timeout).await?;
        Ok(json!({}))
    }

    async fn change_visibility_batch(
        &self,
        queue: &str,
        request: wire::Batch<wire::ChangeVisibility>,
    ) -> Result<Value, QueueError> {
        validation::batch(request.entries.iter().map(|entry| entry.id.as_str()))?;
        let mut answer = wire::BatchAnswer::default();
        for wire::Entry { id, content } in request.entries {
            let timeout = Duration::from_secs(content.visibility_timeout);
            let outcome = self.service.change_visibility(queue, &content.receipt_handle, timeout).await;
            note(&mut answer, &id, outcome)?;
        }
        Ok(json!(answer))
    }

    async fn start_move_task(&self, request: wire::MoveTask) -> Result<Value, QueueError> {
        let source = wire::queue_of_arn(&request.source_arn)?;
        let destination = request.destination_arn.as_deref().map(wire::queue_of_arn).transpose()?;
        let moved = self.service.move_messages(&source, destination.as_deref()).await?;
        tracing::info!(queue = source, moved, "Moved the messages of the dead-letter queue");
        Ok(json!({ "TaskHandle": Uuid::now_v7().to_string() }))
    }
}

/// Records the outcome of an entry. A queue that does not exist fails the batch, not the entry.
fn note(answer: &mut wire::BatchAnswer, id: &str, outcome: Result<(), QueueError>) -> Result<(), QueueError> {
    match outcome {
        Ok(()) => answer.successful.push(json!({ "Id": id })),
        Err(QueueError::QueueDoesNotExist) => return Err(QueueError::QueueDoesNotExist),
        Err(error) => answer.fail(id, &error),
    }
    Ok(())
}

fn queue(body: &[u8]) -> Result<wire::OfQueue, QueueError> {
    read(body)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, QueueError> {
    serde_json::from_slice(body).map_err(|error| QueueError::MalformedRequest(error.to_string()))
}

fn refuse(operation: &str, error: &QueueError) -> Response {
    let (status, fault) = if error.is_senders_fault() {
        tracing::debug!(operation, %error, "Refused a queue request");
        (StatusCode::BAD_REQUEST, "Sender")
    } else {
        tracing::error!(operation, error = ?error, "A queue request failed");
        (StatusCode::INTERNAL_SERVER_ERROR, "Receiver")
    };
    let body = json!({ "__type": format!("com.amazonaws.sqs#{}", error.shape()), "message": error.to_string() });
    let query_error = [(HeaderName::from_static("x-amzn-query-error"), format!("{};{fault}", error.code()))];
    (query_error, respond(status, &body)).into_response()
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/x-amz-json-1.0".to_owned()),
        (HeaderName::from_static("x-amzn-requestid"), Uuid::now_v7().to_string()),
    ];
    (status, headers, body.to_string()).into_response()
}

/// The address of a queue under the endpoint that serves it.
pub fn queue_url(endpoint: &str, name: &str) -> String {
    format!("{endpoint}/{}/{name}", wire::ACCOUNT)
}
