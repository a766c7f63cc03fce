//! A client that knows only the protocol of Stepcast: text in, JSON out. Everything it sends and receives is checked
//! against `docs/asyncapi.yaml`.

use crate::asyncapi::{self, Kind, assert_conforms};
use crate::events::fold;
use crate::within;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use stepcast_protocol::Event;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A connection.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    received: VecDeque<Value>,
}

impl Client {
    /// Connects as a program does, with a header.
    pub async fn connect(ws: &str, token: &str) -> Self {
        Self::try_connect(ws, &[("authorization", &format!("Bearer {token}"))])
            .await
            .expect("the connection is accepted")
    }

    /// Connects with these headers, or returns the reason why it cannot.
    pub async fn try_connect(ws: &str, headers: &[(&'static str, &str)]) -> Result<Self, tungstenite::Error> {
        let mut request = ws.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse()?);
        }
        let (socket, _) = within("a handshake", Box::pin(connect_async(request))).await?;
        Ok(Self { socket, received: VecDeque::new() })
    }

    /// Sends a command.
    pub async fn send(&mut self, command: Value) {
        assert_conforms(Kind::Command, &command);
        self.send_message(Message::text(command.to_string())).await;
    }

    /// Sends anything.
    pub async fn send_message(&mut self, message: Message) {
        self.socket.send(message).await.expect("the connection is open");
    }

    /// Returns the next event.
    pub async fn next(&mut self) -> Value {
        within("an event", self.read()).await.unwrap_or_else(|code| panic!("the connection was closed with {code:?}"))
    }

    /// Returns the code with which the server closes the connection. Skips the events before that.
    pub async fn close_code(&mut self) -> Option<u16> {
        within("the connection's end", async {
            loop {
                if let Err(code) = self.read().await {
                    return code;
                }
            }
        })
        .await
    }

    async fn read(&mut self) -> Result<Value, Option<u16>> {
        loop {
            if let Some(event) = self.received.pop_front() {
                return Ok(event);
            }
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => {
                    assert!(text.len() <= 128 * 1024, "a message is larger than API Gateway allows");
                    self.received.extend(text.lines().map(read_line));
                }
                Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// Reads until an event fits. Returns all events it read; the fitting one is the last.
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            let found = fits(&event);
            events.push(event);
            if found {
                return events;
            }
        }
    }

    /// Sends a command. `None` if the connection has ended.
    pub async fn try_send(&mut self, command: &Value) -> Option<()> {
        assert_conforms(Kind::Command, command);
        self.socket.send(Message::text(command.to_string())).await.ok()
    }

    /// Returns the next event, however long it takes. `None` if the connection ends first.
    pub async fn try_next(&mut self) -> Option<Value> {
        self.read().await.ok()
    }

    /// Reads until an event of this type.
    pub async fn until_type(&mut self, kind: &str) -> Vec<Value> {
        self.until(|event| event["type"] == kind).await
    }

    /// Reads until all events of a job have arrived, including those in `heard`, and returns all of them. With more
    /// than one batch of tests, the verdict may arrive before the end of the last test.
    pub async fn until_complete(&mut self, job: &str, mut heard: Vec<Value>) -> Vec<Value> {
        let mut state = fold(job, &heard);
        while !state.is_complete() {
            let event = self.next().await;
            if event["job"] == job {
                state.apply(&serde_json::from_value(event.clone()).expect("an event"));
            }
            heard.push(event);
        }
        heard
    }

    /// Sends a command and returns the event that answers it.
    pub async fn ask(&mut self, mut command: Value) -> Value {
        command["id"] = json!("asked");
        let answers = asyncapi::answers(command["action"].as_str().unwrap_or_default());
        self.send(command).await;
        let answer = self.answer().await;
        assert!(answers.contains(answer["type"].as_str().unwrap_or_default()), "{answer} is not one of {answers:?}");
        answer
    }

    /// Sends a command that the protocol does not allow, and returns the event that answers it.
    pub async fn ask_wrongly(&mut self, mut command: Value) -> Value {
        command["id"] = json!("asked");
        assert!(!asyncapi::problems(Kind::Command, &command).is_empty(), "docs/asyncapi.yaml allows {command}");
        self.send_message(Message::text(command.to_string())).await;
        self.answer().await
    }

    async fn answer(&mut self) -> Value {
        self.until(|event| event["re"] == "asked").await.pop().unwrap_or_default()
    }

    /// Starts a run and returns its job.
    pub async fn run(&mut self, suite: Value) -> String {
        let accepted = self.ask(json!({ "action": "run", "suite": suite })).await;
        assert_eq!(accepted["type"], "job.accepted", "{accepted}");
        accepted["job"].as_str().expect("a job").to_owned()
    }

    /// Returns the whole state of a job, joined from its pages.
    pub async fn job(&mut self, job: &str) -> Value {
        self.send(json!({ "action": "job", "job": job, "id": "state" })).await;
        let is_page = |event: &Value| event["re"] == "state";
        let pages = self.until(|event| is_page(event) && event["page"] == event["pages"]).await;
        let mut pages = pages.into_iter().filter(is_page);
        let mut state = pages.next().expect("a page");
        for page in pages {
            let tests = page["tests"].as_array().expect("tests").clone();
            state["tests"].as_array_mut().expect("tests").extend(tests);
        }
        state
    }
}

/// Reads a line of a message. A line without a `type` comes from API Gateway itself.
fn read_line(line: &str) -> Value {
    let event: Value = serde_json::from_str(line).expect("a line of JSON");
    if event.get("type").is_some() && is_new(line) {
        Event::parse(line).unwrap_or_else(|error| panic!("the clients here cannot read this: {error}: {line}"));
        assert_conforms(Kind::Event, &event);
    }
    event
}

/// Whether no client has read a line before: all watchers of a job get the same ones.
fn is_new(line: &str) -> bool {
    static READ: Mutex<BTreeSet<u64>> = Mutex::new(BTreeSet::new());
    let mut hasher = DefaultHasher::new();
    line.hash(&mut hasher);
    READ.lock().unwrap_or_else(PoisonError::into_inner).insert(hasher.finish())
}
