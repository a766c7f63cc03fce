//! The functions behind the API.

use aws_lambda_events::event::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};

/// Why a function failed; it is logged, and clients are not told.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The three routes of the API, each a function with Lambda's events.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html>
pub trait Routes: Clone + Send + Sync + 'static {
    /// `$connect`: decides with its status whether the connection comes to be, and with its `Sec-WebSocket-Protocol` header
    /// which subprotocol is spoken. Until it has returned the connection cannot be addressed.
    fn connect(
        &self,
        event: ApiGatewayWebsocketProxyRequest,
    ) -> impl Future<Output = Result<ApiGatewayProxyResponse, BoxError>> + Send;

    /// `$default`: a message. There is no route response, so what it returns goes nowhere.
    fn default(
        &self,
        event: ApiGatewayWebsocketProxyRequest,
    ) -> impl Future<Output = Result<ApiGatewayProxyResponse, BoxError>> + Send;

    /// `$disconnect`: the connection has ended, whoever ended it.
    fn disconnect(
        &self,
        event: ApiGatewayWebsocketProxyRequest,
    ) -> impl Future<Output = Result<ApiGatewayProxyResponse, BoxError>> + Send;
}
