//! Services in this process: the SDK clients serialise, sign and retry as ever, and their requests are handed over
//! instead of sent.
//!
//! The seam is the SDK's own: an HTTP client that is given to it.
//! <https://docs.aws.amazon.com/sdk-for-rust/latest/dg/http.html>

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use std::fmt;
use std::sync::Arc;

type Answer = BoxFuture<'static, Response<Bytes>>;

/// Answers requests of the SDK clients in this process. Clones share it.
#[derive(Clone)]
pub struct InProcess {
    answer: Arc<dyn Fn(Request<Bytes>) -> Answer + Send + Sync>,
}

impl InProcess {
    /// Hands each request to `answer`, with the address it is for.
    pub fn new<F>(answer: impl Fn(Request<Bytes>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Response<Bytes>> + Send + 'static,
    {
        Self { answer: Arc::new(move |request| Box::pin(answer(request))) }
    }

    fn hand_over(&self, request: HttpRequest) -> Result<Answer, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let (parts, body) = request.into_parts();
        // The clients here send no streams.
        let body = body.bytes().map(Bytes::copy_from_slice);
        let body = body.ok_or_else(|| ConnectorError::user("the body of a request is a stream".into()))?;
        Ok((self.answer)(Request::from_parts(parts, body)))
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess(..)")
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.hand_over(request) {
            Ok(answer) => HttpConnectorFuture::new(async move {
                HttpResponse::try_from(answer.await.map(SdkBody::from))
                    .map_err(|error| ConnectorError::other(error.into(), None))
            }),
            Err(error) => HttpConnectorFuture::ready(Err(error)),
        }
    }
}

impl HttpClient for InProcess {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
