//! An API whose functions are closures of the test, with a record of all events.

use super::super::elsewhere;
use super::super::known::Implementation;
use super::elsewhere::serve_functions;
use crate::support::{ACCESS_KEY_ID, NOON, access_key, listen, management, serve, soon};
use aws_lambda_events::event::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use aws_sdk_apigatewaymanagement::Client;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use futures_util::future::BoxFuture;
use http::HeaderName;
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::clock::{Clock, HeldClock, SystemClock};
use stepcast_local::gateway::{BoxError, Gateway, Limits, Options, Routes};
use stepcast_local::server::{ServerLimits, serve_with};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The header in which the functions of the tests name accounts.
pub const ACCOUNT_HEADER: HeaderName = HeaderName::from_static("account");

pub type Event = ApiGatewayWebsocketProxyRequest;
pub type Answer = Result<ApiGatewayProxyResponse, BoxError>;
type Function = Arc<dyn Fn(Event) -> BoxFuture<'static, Answer> + Send + Sync>;

/// How long to wait for an event that must not come, if it is unknown whether all events have come.
const QUIET: Duration = Duration::from_millis(500);

/// Functions that record their events and then do what the test says.
#[derive(Clone)]
pub struct Functions {
    connect: Function,
    default: Function,
    events: mpsc::UnboundedSender<Event>,
}

impl Functions {
    /// Invokes the function of a route.
    pub async fn invoke(&self, route: &str, event: Event) -> Answer {
        // The test may have ended before its connections.
        let _ = self.events.send(event.clone());
        match route {
            "$connect" => (self.connect)(event).await,
            "$default" => (self.default)(event).await,
            _ => status(200),
        }
    }
}

impl Routes for Functions {
    async fn connect(&self, event: Event) -> Answer {
        self.invoke("$connect", event).await
    }

    async fn default(&self, event: Event) -> Answer {
        self.invoke("$default", event).await
    }

    async fn disconnect(&self, event: Event) -> Answer {
        self.invoke("$disconnect", event).await
    }
}

/// Returns an answer with only a status.
#[expect(clippy::unnecessary_wraps, reason = "it is what functions return")]
pub fn status(code: i64) -> Answer {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = code;
    Ok(response)
}

/// The configuration of a test's API.
pub struct Setup {
    pub connect: Function,
    pub default: Function,
    pub limits: Limits,
}

impl Setup {
    /// Accepts every connection and every message.
    pub fn new() -> Self {
        let fine: Function = Arc::new(|_| Box::pin(async { status(200) }));
        Self { connect: fine.clone(), default: fine, limits: Limits::default() }
    }

    pub fn on_connect<Fut>(mut self, function: impl Fn(Event) -> Fut + Send + Sync + 'static) -> Self
    where
        Fut: Future<Output = Answer> + Send + 'static,
    {
        self.connect = Arc::new(move |event| Box::pin(function(event)));
        self
    }

    pub fn on_message<Fut>(mut self, function: impl Fn(Event) -> Fut + Send + Sync + 'static) -> Self
    where
        Fut: Future<Output = Answer> + Send + 'static,
    {
        self.default = Arc::new(move |event| Box::pin(function(event)));
        self
    }

    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Serves the API on the implementation under test.
    pub async fn start(self) -> Fixture {
        self.start_with(|_| {}).await
    }

    /// Does the same, and passes the SDK's client to `give`, for functions that need it.
    pub async fn start_with(self, give: impl FnOnce(Client)) -> Fixture {
        match elsewhere("STEPCAST_CONTRACT_GATEWAY") {
            Some(api) => self.start_elsewhere(&api, give).await,
            None => self.start_embedded(give).await,
        }
    }

    /// Serves the API with this crate's gateway, on a stopped clock.
    pub async fn start_embedded(self, give: impl FnOnce(Client)) -> Fixture {
        self.embed(ServerLimits::default(), give).await
    }

    /// Does the same with other limits for a socket that is not a WebSocket.
    pub async fn start_within(self, sockets: ServerLimits) -> Fixture {
        self.embed(sockets, drop).await
    }

    async fn embed(self, sockets: ServerLimits, give: impl FnOnce(Client)) -> Fixture {
        let (functions, limits, events) = self.functions();
        let options = Options {
            stage: "local".into(),
            domain_name: "localhost".into(),
            limits,
            farewell: None,
            account_header: Some(ACCOUNT_HEADER),
        };
        let shutdown = CancellationToken::new();
        let gateway = Gateway::new(functions, options, Arc::new(HeldClock::at(NOON)), shutdown.clone());

        let (listener, public) = listen().await;
        tokio::spawn(serve_with(sockets, listener, gateway.router("/ws"), CancellationToken::new()));
        let (listener, endpoint) = listen().await;
        let management_endpoint = format!("{endpoint}/local");
        let management = management(&management_endpoint, ACCESS_KEY_ID);
        // Before a client can connect.
        give(management.clone());
        serve(listener, gateway.management_router(access_key()));
        Fixture {
            implementation: Implementation::Embedded,
            url: format!("{}/ws", public.replace("http", "ws")),
            stage: "local".to_owned(),
            management_endpoint,
            management,
            events,
            own: Some(Own { gateway, shutdown }),
        }
    }

    async fn start_elsewhere(self, api: &str, give: impl FnOnce(Client)) -> Fixture {
        let (functions, _, events) = self.functions();
        let stage = serve_functions(functions).await;
        let management_endpoint = format!("{api}/{stage}");
        let management = management(&management_endpoint, ACCESS_KEY_ID);
        give(management.clone());
        Fixture {
            implementation: Implementation::MiniStack,
            url: management_endpoint.replace("http", "ws"),
            stage,
            management_endpoint,
            management,
            events,
            own: None,
        }
    }

    fn functions(self) -> (Functions, Limits, mpsc::UnboundedReceiver<Event>) {
        let (recorder, events) = mpsc::unbounded_channel();
        (Functions { connect: self.connect, default: self.default, events: recorder }, self.limits, events)
    }
}

/// An API that is being served.
pub struct Fixture {
    pub implementation: Implementation,
    /// Where connections are opened
    pub url: String,
    pub stage: String,
    pub management_endpoint: String,
    pub management: Client,
    pub events: mpsc::UnboundedReceiver<Event>,
    own: Option<Own>,
}

/// This crate's gateway.
pub struct Own {
    pub gateway: Gateway<Functions>,
    pub shutdown: CancellationToken,
}

impl Fixture {
    /// Returns this crate's gateway, for tests that run on no other implementation.
    pub fn own(&self) -> &Own {
        self.own.as_ref().expect("it is the embedded one")
    }

    /// Returns the host and port of this crate's gateway, for a socket that is not a WebSocket.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("ws://").trim_end_matches("/ws")
    }

    /// Returns the time of the implementation, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        if self.own.is_some() { NOON } else { SystemClock.now() }
    }

    /// Returns the next event, which must be of this route.
    pub async fn event(&mut self, route: &str) -> Event {
        let event = soon(self.events.recv()).await.expect("an event");
        assert_eq!(event.request_context.route_key.as_deref(), Some(route));
        event
    }

    /// Returns the code and the reason of the next event, which must be a `$disconnect` and the last event.
    pub async fn disconnected(&mut self) -> (i64, String) {
        let context = self.event("$disconnect").await.request_context;
        self.nothing_more().await;
        (context.disconnect_status_code.expect("a code"), context.disconnect_reason.unwrap_or_default())
    }

    /// Checks that no further event comes. Connections to the embedded gateway are closed by this.
    pub async fn nothing_more(&mut self) {
        match &self.own {
            Some(Own { gateway, shutdown }) => {
                shutdown.cancel();
                assert!(gateway.wait_closed(Duration::from_secs(20)).await, "everything ends");
            }
            None => tokio::time::sleep(QUIET).await,
        }
        let event = self.events.try_recv().map(|event| event.request_context.route_key);
        assert!(event.is_err(), "this event should not have come: {event:?}");
    }

    /// Posts a message to a connection as a function does.
    pub async fn post(&self, connection: &str, text: impl Into<Vec<u8>>) -> Result<(), PostToConnectionError> {
        let post = self.management.post_to_connection().connection_id(connection);
        post.data(text.into().into()).send().await.map(drop).map_err(SdkError::into_service_error)
    }
}

/// Returns the id of an event's connection.
pub fn connection_of(event: &Event) -> String {
    event.request_context.connection_id.clone().expect("a connection id")
}
