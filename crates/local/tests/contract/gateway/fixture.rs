//! An API whose functions are closures of the test, with a record of all events.

use crate::support::{ACCESS_KEY_ID, NOON, access_key, listen, management, serve, soon};
use aws_lambda_events::event::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::clock::HeldClock;
use stepcast_local::gateway::{BoxError, Gateway, Limits, Options, Routes};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub type Event = ApiGatewayWebsocketProxyRequest;
pub type Answer = Result<ApiGatewayProxyResponse, BoxError>;
type Function = Arc<dyn Fn(Event) -> BoxFuture<'static, Answer> + Send + Sync>;

/// Functions that record their events and then do what the test says.
#[derive(Clone)]
pub struct Functions {
    connect: Function,
    default: Function,
    events: mpsc::UnboundedSender<Event>,
}

impl Functions {
    async fn call(&self, function: Option<&Function>, event: Event) -> Answer {
        // A test may have ended while its connections have not.
        let _ = self.events.send(event.clone());
        match function {
            Some(function) => function(event).await,
            None => status(200),
        }
    }
}

impl Routes for Functions {
    async fn connect(&self, event: Event) -> Answer {
        self.call(Some(&self.connect), event).await
    }

    async fn default(&self, event: Event) -> Answer {
        self.call(Some(&self.default), event).await
    }

    async fn disconnect(&self, event: Event) -> Answer {
        self.call(None, event).await
    }
}

/// An answer with nothing but a status.
#[expect(clippy::unnecessary_wraps, reason = "it is what functions return")]
pub fn status(code: i64) -> Answer {
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = code;
    Ok(response)
}

/// How the API of a test shall be.
pub struct Setup {
    pub connect: Function,
    pub default: Function,
    pub limits: Limits,
}

impl Setup {
    /// Whoever asks is connected, and messages are taken.
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

    /// Serves it.
    pub async fn start(self) -> Fixture {
        self.start_with(|_| {}).await
    }

    /// Serves it, and gives the SDK's client to whoever needs it in a function.
    pub async fn start_with(self, give: impl FnOnce(aws_sdk_apigatewaymanagement::Client)) -> Fixture {
        let (recorder, events) = mpsc::unbounded_channel();
        let functions = Functions { connect: self.connect, default: self.default, events: recorder };
        let options = Options { stage: "local".into(), domain_name: "localhost".into(), limits: self.limits };
        let shutdown = CancellationToken::new();
        let gateway = Gateway::new(functions, options, Arc::new(HeldClock::at(NOON)), shutdown.clone());

        let (listener, public) = listen().await;
        serve(listener, gateway.router("/ws"));
        let (listener, endpoint) = listen().await;
        let management_endpoint = format!("{endpoint}/local");
        let management = management(&management_endpoint, ACCESS_KEY_ID);
        // Before anybody can connect.
        give(management.clone());
        serve(listener, gateway.management_router(access_key()));
        let address = public.trim_start_matches("http://").to_owned();
        Fixture { address, management_endpoint, management, events, gateway, shutdown }
    }
}

/// An API that is served.
pub struct Fixture {
    pub address: String,
    pub management_endpoint: String,
    pub management: aws_sdk_apigatewaymanagement::Client,
    pub events: mpsc::UnboundedReceiver<Event>,
    pub gateway: Gateway<Functions>,
    pub shutdown: CancellationToken,
}

impl Fixture {
    /// The next event, which is of this route.
    pub async fn event(&mut self, route: &str) -> Event {
        let event = soon(self.events.recv()).await.expect("an event");
        assert_eq!(event.request_context.route_key.as_deref(), Some(route));
        event
    }

    /// The code and the reason of the `$disconnect` that comes next, and that it is the last event there is.
    pub async fn disconnected(&mut self) -> (i64, String) {
        let context = self.event("$disconnect").await.request_context;
        self.shutdown.cancel();
        assert!(self.gateway.wait_closed(Duration::from_secs(20)).await, "everything ends");
        assert!(self.events.try_recv().is_err(), "`$disconnect` fires once, and nothing after it");
        (context.disconnect_status_code.expect("a code"), context.disconnect_reason.expect("a reason"))
    }

    /// Posts a message to a connection as a function does.
    pub async fn post(
        &self,
        connection: &str,
        text: impl Into<Vec<u8>>,
    ) -> Result<(), aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError> {
        let post = self.management.post_to_connection().connection_id(connection);
        post.data(text.into().into())
            .send()
            .await
            .map(drop)
            .map_err(aws_sdk_apigatewaymanagement::error::SdkError::into_service_error)
    }
}

/// The id of an event's connection.
pub fn connection_of(event: &Event) -> String {
    event.request_context.connection_id.clone().expect("a connection id")
}
