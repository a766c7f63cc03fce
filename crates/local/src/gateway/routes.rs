//! The functions behind the API.

use aws_lambda_events::event::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};

/// Why a function failed; it is logged, and clients do not see it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The three routes of the API, each a function with Lambda's events.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html>
pub trait Routes: Clone + Send + Sync + 'static {
    /// `$connect`: decides with its status whether the connection opens, and with its `Sec-WebSocket-Protocol` header
    /// which subprotocol is used. The connection cannot be addressed until it has returned.
    fn connect(
        &self,
        event: ApiGatewayWebsocketProxyRequest,
    ) -> impl Future<Output = Result<ApiGatewayProxyResponse, BoxError>> + Send;

    /// `$default`: a message. There is no route response, so its return value is dropped.
    fn default(
        &self,
        event: ApiGatewayWebsocketProxyRequest,
    ) -> impl Future<Output = Result<ApiGatewayProxyResponse, BoxError>> + Send;

    /// `$disconnect`: the connection has ended, for whatever reason.
    fn disconnect(
        &self,
        event: ApiGatewayWebsocketProxyRequest,
    ) -> impl Future<Output = Result<ApiGatewayProxyResponse, BoxError>> + Send;
}
