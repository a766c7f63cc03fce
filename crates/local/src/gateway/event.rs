//! Events as API Gateway fills them.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>

use super::Options;
use super::closing::End;
use super::connections::Peer;
use aws_lambda_events::event::apigw::{
    ApiGatewayRequestIdentity, ApiGatewayWebsocketProxyRequest, ApiGatewayWebsocketProxyRequestContext,
};
use aws_lambda_events::query_map::QueryMap;
use base64::prelude::{BASE64_URL_SAFE, Engine};
use http::HeaderMap;
use std::collections::HashMap;

/// The common part of all events of one connection.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) connection_id: String,
    /// Milliseconds since the epoch
    pub(super) connected_at: i64,
    pub(super) peer: Peer,
    pub(super) stage: String,
    pub(super) domain_name: String,
}

impl Origin {
    /// A new connection.
    pub(super) fn new(peer: Peer, connected_at: i64, options: &Options) -> Self {
        let Options { stage, domain_name, .. } = options.clone();
        Self { connection_id: random_id(), connected_at, peer, stage, domain_name }
    }

    /// The event of `$connect`, the only one with the handshake's headers and query.
    pub(super) fn connect(
        &self,
        headers: HeaderMap,
        query: HashMap<String, Vec<String>>,
    ) -> ApiGatewayWebsocketProxyRequest {
        let mut event = self.event("$connect", "CONNECT", self.connected_at);
        event.multi_value_headers = headers.clone();
        event.headers = headers;
        event.query_string_parameters = QueryMap::from(last_values(&query));
        event.multi_value_query_string_parameters = QueryMap::from(query);
        event
    }

    /// The event of `$default`.
    pub(super) fn message(&self, body: String, now: i64) -> ApiGatewayWebsocketProxyRequest {
        let mut event = self.event("$default", "MESSAGE", now);
        event.request_context.message_id = Some(random_id());
        event.body = Some(body);
        event
    }

    /// The event of `$disconnect`.
    pub(super) fn disconnect(&self, end: &End, now: i64) -> ApiGatewayWebsocketProxyRequest {
        let mut event = self.event("$disconnect", "DISCONNECT", now);
        event.request_context.disconnect_status_code = Some(i64::from(end.code));
        event.request_context.disconnect_reason = Some(end.reason.clone().into_owned());
        event
    }

    fn event(&self, route_key: &str, event_type: &str, now: i64) -> ApiGatewayWebsocketProxyRequest {
        let request_id = random_id();
        let mut context = ApiGatewayWebsocketProxyRequestContext::default();
        context.route_key = Some(route_key.to_owned());
        context.event_type = Some(event_type.to_owned());
        context.connection_id = Some(self.connection_id.clone());
        context.connected_at = self.connected_at;
        context.request_id = Some(request_id.clone());
        context.extended_request_id = Some(request_id);
        context.request_time_epoch = now;
        context.request_time = request_time(now);
        context.message_direction = Some("IN".to_owned());
        context.stage = Some(self.stage.clone());
        context.domain_name = Some(self.domain_name.clone());
        context.apiid = Some("local".to_owned());
        context.identity = identity(&self.peer);
        let mut event = ApiGatewayWebsocketProxyRequest::default();
        event.request_context = context;
        event
    }
}

/// Keeps one value per name: a function that needs all values reads the other map.
fn last_values(query: &HashMap<String, Vec<String>>) -> HashMap<String, String> {
    query.iter().filter_map(|(name, values)| Some((name.clone(), values.last()?.clone()))).collect()
}

fn identity(peer: &Peer) -> ApiGatewayRequestIdentity {
    let mut identity = ApiGatewayRequestIdentity::default();
    identity.source_ip = Some(peer.source_ip.clone());
    identity.user_agent.clone_from(&peer.user_agent);
    identity
}

/// The time as access logs write it: `09/Feb/2024:18:23:28 +0000`.
fn request_time(now: i64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond(now).ok()?;
    Some(at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string())
}

/// Returns an id like the ones API Gateway gives, `L0SM9cOFvHcCIhw=`: code that forgets to escape one in a URL fails
/// here already. The id is also the only address of a connection, so it cannot be guessed.
pub(super) fn random_id() -> String {
    let mut bytes = [0; 11];
    assert!(aws_lc_rs::rand::fill(&mut bytes).is_ok(), "the operating system should provide random bytes");
    BASE64_URL_SAFE.encode(bytes)
}
