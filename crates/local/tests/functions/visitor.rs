//! A client with a token, as the gateway presents it to the functions.

use crate::world::World;
use aws_lambda_events::apigw::{ApiGatewayWebsocketProxyRequest, ApiGatewayWebsocketProxyRequestContext};
use serde_json::Value;
use stepcast_platform::Platform;

/// A connection by its id.
#[derive(Clone, Copy)]
pub struct Visitor<'a> {
    pub world: &'a World,
    pub platform: &'a Platform,
    pub connection: &'a str,
}

impl Visitor<'_> {
    /// Connects and returns the status of the answer to the handshake.
    pub async fn connect(&self, token: &str) -> i64 {
        let mut event = self.event();
        event.headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        stepcast_handlers::connect::connect(self.platform, event).await.expect("an answer").status_code
    }

    /// Ends the connection.
    pub async fn disconnect(&self) {
        stepcast_handlers::disconnect::disconnect(self.platform, self.event()).await.expect("it is forgotten");
    }

    /// Sends a command and returns the last message to any connection, which is the answer.
    pub async fn ask(&self, command: Value) -> Value {
        self.say(&command.to_string()).await
    }

    /// Does the same with any text.
    pub async fn say(&self, text: &str) -> Value {
        let mut event = self.event();
        event.body = Some(text.to_owned());
        stepcast_handlers::default::default(self.platform, event).await.expect("an answer");
        self.world.heard().pop().expect("an answer")
    }

    fn event(&self) -> ApiGatewayWebsocketProxyRequest {
        let mut context = ApiGatewayWebsocketProxyRequestContext::default();
        context.connection_id = Some(self.connection.to_owned());
        let mut event = ApiGatewayWebsocketProxyRequest::default();
        event.request_context = context;
        event
    }
}
