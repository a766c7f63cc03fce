//! The queue's errors, with the messages and codes of Amazon SQS.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>

/// Why a request to the queue failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// There is no queue of that name
    #[error("The specified queue does not exist.")]
    QueueDoesNotExist,
    /// A queue of that name exists with other attributes
    #[error("A queue already exists with the same name and a different value for an attribute.")]
    QueueNameExists,
    /// The receipt handle was not made by this queue
    #[error("The input receipt handle is invalid.")]
    ReceiptHandleIsInvalid,
    /// The message is not in flight: it became visible again, or another receiver has received it since
    #[error("The message referred to is not in flight.")]
    MessageNotInflight,
    /// The message contains characters outside the allowed set
    #[error("The message contains characters outside the allowed set.")]
    InvalidMessageContents,
    /// A parameter has a value that is not allowed
    #[error("{0}")]
    InvalidParameterValue(String),
    /// A queue's attribute has a value that is not allowed
    #[error("Invalid value for the parameter {0}.")]
    InvalidAttributeValue(String),
    /// A task names a queue that does not exist
    #[error("The resource that you specified for the {0} parameter doesn't exist.")]
    ResourceNotFound(&'static str),
    /// An attribute is not known
    #[error("Unknown attribute {0}.")]
    InvalidAttributeName(String),
    /// A batch without entries
    #[error("There should be at least one entry in the request.")]
    EmptyBatchRequest,
    /// A batch with more entries than allowed
    #[error("Maximum number of entries per request are 10. You have sent {0}.")]
    TooManyEntriesInBatchRequest(usize),
    /// Two entries of a batch have the same id
    #[error("Id {0} repeated.")]
    BatchEntryIdsNotDistinct(String),
    /// An entry's id has other than 1 to 80 letters, digits, hyphens and underscores
    #[error(
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
    )]
    InvalidBatchEntryId,
    /// The messages of a batch are too large together
    #[error("Batch requests cannot be longer than {limit} bytes. You have sent {sent} bytes.")]
    BatchRequestTooLong {
        /// Most bytes in a batch
        limit: usize,
        /// Bytes in this batch
        sent: usize,
    },
    /// The queue does not support the operation
    #[error("The operation {0} is not supported.")]
    UnsupportedOperation(String),
    /// The request does not fit the operation
    #[error("{0}")]
    MalformedRequest(String),
    /// The database failed
    #[error("The queue's database failed")]
    Storage(#[from] rusqlite::Error),
    /// The thread that worked on the database is gone
    #[error("The queue's worker thread failed")]
    Thread(#[from] tokio::task::JoinError),
}

impl QueueError {
    /// The error's shape in the service model: the `__type` of an answer.
    pub fn shape(&self) -> &'static str {
        match self {
            Self::QueueDoesNotExist => "QueueDoesNotExist",
            Self::QueueNameExists => "QueueNameExists",
            Self::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            Self::MessageNotInflight => "MessageNotInflight",
            Self::InvalidMessageContents => "InvalidMessageContents",
            Self::InvalidParameterValue(_) => "InvalidParameterValueException",
            Self::InvalidAttributeValue(_) => "InvalidAttributeValue",
            Self::ResourceNotFound(_) => "ResourceNotFoundException",
            Self::InvalidAttributeName(_) => "InvalidAttributeName",
            Self::EmptyBatchRequest => "EmptyBatchRequest",
            Self::TooManyEntriesInBatchRequest(_) => "TooManyEntriesInBatchRequest",
            Self::BatchEntryIdsNotDistinct(_) => "BatchEntryIdsNotDistinct",
            Self::InvalidBatchEntryId => "InvalidBatchEntryId",
            Self::BatchRequestTooLong { .. } => "BatchRequestTooLong",
            Self::UnsupportedOperation(_) => "UnsupportedOperation",
            Self::MalformedRequest(_) => "SerializationException",
            Self::Storage(_) | Self::Thread(_) => "InternalError",
        }
    }

    /// The code the query protocol had, which SDKs still match on (`x-amzn-query-error`).
    /// <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait>
    pub fn code(&self) -> String {
        match self {
            Self::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
            Self::QueueNameExists => "QueueAlreadyExists".to_owned(),
            Self::InvalidParameterValue(_) => "InvalidParameterValue".to_owned(),
            Self::MessageNotInflight
            | Self::EmptyBatchRequest
            | Self::TooManyEntriesInBatchRequest(_)
            | Self::BatchEntryIdsNotDistinct(_)
            | Self::InvalidBatchEntryId
            | Self::BatchRequestTooLong { .. }
            | Self::UnsupportedOperation(_) => format!("AWS.SimpleQueueService.{}", self.shape()),
            _ => self.shape().to_owned(),
        }
    }

    /// Returns whether the client has to change its request; otherwise the queue is at fault.
    pub fn is_senders_fault(&self) -> bool {
        !matches!(self, Self::Storage(_) | Self::Thread(_))
    }
}
