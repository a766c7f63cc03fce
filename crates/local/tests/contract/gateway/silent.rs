//! Clients that do not read their answers, and how little they affect other clients.

use super::client::{Client, handshake};
use super::fixture::{ACCOUNT_HEADER, Event, Fixture, Setup, connection_of, status};
use crate::support::soon;
use aws_sdk_apigatewaymanagement::error::SdkError;
use aws_sdk_apigatewaymanagement::operation::post_to_connection::PostToConnectionError;
use futures_util::StreamExt;
use std::sync::{Arc, OnceLock};
use stepcast_local::gateway::Limits;
use tokio::sync::{Semaphore, mpsc};

/// An API whose function answers `much` until the client's buffer is full; then the function waits.
struct Api {
    fixture: Fixture,
    /// The connections whose answers wait
    stuck: mpsc::UnboundedReceiver<String>,
    /// Lets functions that wait end
    patience: Arc<Semaphore>,
}

impl Api {
    async fn start(limits: Limits) -> Self {
        let (client, patience) = (Arc::new(OnceLock::new()), Arc::new(Semaphore::new(0)));
        let (noted, stuck) = mpsc::unbounded_channel();
        let setup = Setup::new().limits(limits).on_connect(|event| async move {
            let mut response = status(200)?;
            if let Some(account) = event.headers.get("whose") {
                response.headers.insert(ACCOUNT_HEADER, account.clone());
            }
            Ok(response)
        });
        let setup = setup.on_message({
            let (client, patience) = (client.clone(), patience.clone());
            move |event| answer(client.clone(), event, noted.clone(), patience.clone())
        });
        let fixture = setup.start_embedded(|own| client.set(own).expect("given once")).await;
        Self { fixture, stuck, patience }
    }

    async fn connect(&mut self, whose: &'static str) -> Client {
        let (socket, _) = handshake(&self.fixture, &[("whose", whose)]).await.expect("a connection");
        let connected = self.fixture.event("$connect").await;
        Client { socket, id: connection_of(&connected), connected }
    }

    /// Connects a client that has sent `much` and reads nothing. When this returns, its answer waits.
    async fn silent(&mut self, whose: &'static str) -> Client {
        let mut client = self.connect(whose).await;
        client.send("much").await;
        assert_eq!(soon(self.stuck.recv()).await.as_ref(), Some(&client.id));
        self.fixture.event("$default").await;
        client
    }
}

async fn answer(
    client: Arc<OnceLock<aws_sdk_apigatewaymanagement::Client>>,
    event: Event,
    stuck: mpsc::UnboundedSender<String>,
    patience: Arc<Semaphore>,
) -> super::fixture::Answer {
    let connection = connection_of(&event);
    let post = |text: String| {
        let post = client.get().expect("given").post_to_connection();
        post.connection_id(&connection).data(text.into_bytes().into()).send()
    };
    if event.body.as_deref() != Some("much") {
        post("little".to_owned()).await?;
        return status(200);
    }
    // Repeated refusals show that the client does not read, not that the gateway has yet to write.
    let mut refusals = 0;
    loop {
        match post("x".repeat(100 * 1024)).await.map_err(SdkError::into_service_error) {
            Ok(_) => refusals = 0,
            Err(PostToConnectionError::LimitExceededException(_)) if refusals < 20 => refusals += 1,
            Err(PostToConnectionError::LimitExceededException(_)) => {
                stuck.send(connection)?;
                patience.acquire().await?.forget();
                return status(200);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[tokio::test]
async fn unread_answers_do_not_block_other_clients() {
    let mut api = Api::start(Limits { concurrent_invocations: 1, ..Limits::default() }).await;
    let mut silent = Vec::new();
    for _ in 0..4 {
        silent.push(api.silent("one").await);
    }
    let mut reading = [api.connect("one").await, api.connect("other").await];
    for client in &mut reading {
        client.send("little").await;
        assert_eq!(client.text().await, "little", "although four answers wait");
        api.fixture.event("$default").await;
    }
    assert_eq!(api.patience.available_permits(), 0, "none of them has ended");
}

#[tokio::test]
async fn an_account_that_does_not_read_has_no_more_than_half_of_the_places() {
    let limits = Limits { concurrent_invocations: 4, waiting_invocations: 0, ..Limits::default() };
    let mut api = Api::start(limits).await;
    let _silent = [api.silent("one").await, api.silent("one").await];
    let mut third = api.connect("one").await;
    third.send("much").await;
    let mut reading = api.connect("other").await;
    reading.send("little").await;
    assert_eq!(reading.text().await, "little");
    assert!(api.stuck.try_recv().is_err(), "the third has no place");
    api.patience.add_permits(1);
    assert_eq!(soon(api.stuck.recv()).await, Some(third.id));
}

#[tokio::test]
async fn nothing_more_is_begun_for_a_client_that_does_not_read() {
    let mut api = Api::start(Limits::default()).await;
    let mut silent = api.silent("one").await;
    api.patience.add_permits(1);
    silent.send("little").await;
    let mut reading = api.connect("one").await;
    for _ in 0..3 {
        reading.send("little").await;
        assert_eq!(reading.text().await, "little");
        let begun = api.fixture.event("$default").await;
        assert_eq!(connection_of(&begun), reading.id);
    }
    while soon(silent.socket.next()).await.expect("open").expect("a message").into_text().expect("text") != "little" {}
}
