//! Sockets without a request or with an unfinished one, and the limit on their number.

use crate::support::{listen, soon};
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;
use std::time::Duration;
use stepcast_local::server::{ServerLimits, serve_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

const HOME: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

/// Longer than any test.
const NEVER: Duration = Duration::from_hours(1);

/// Starts a server with these limits and returns its address.
async fn start(limits: ServerLimits, router: Router) -> String {
    let (listener, endpoint) = listen().await;
    tokio::spawn(serve_with(limits, listener, router, CancellationToken::new()));
    endpoint.trim_start_matches("http://").to_owned()
}

fn patient() -> ServerLimits {
    ServerLimits { head: NEVER, body: NEVER, lifetime: None, sockets: 100 }
}

fn site() -> Router {
    Router::new().route("/", get(|| async { "home" })).route("/", post(|body: String| async { body }))
}

async fn say(address: &str, text: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("connected");
    socket.write_all(text.as_bytes()).await.expect("sent");
    socket
}

/// Reads the answer up to and including `last`.
async fn hear(socket: &mut TcpStream, last: &str) -> String {
    let mut heard = Vec::new();
    while !heard.ends_with(last.as_bytes()) {
        let byte = soon(socket.read_u8()).await.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&heard)));
        heard.push(byte);
    }
    String::from_utf8(heard).expect("text")
}

/// Reads everything until the server closes the socket.
async fn to_its_end(mut socket: TcpStream) -> String {
    let mut heard = Vec::new();
    // A socket that is reset has ended as well.
    let _ = soon(socket.read_to_end(&mut heard)).await;
    String::from_utf8(heard).expect("text")
}

#[tokio::test]
async fn sockets_that_do_not_come_to_the_end_of_a_request_s_headers_are_closed() {
    let address = start(ServerLimits { head: Duration::from_millis(50), ..patient() }, site()).await;
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n"] {
        let heard = to_its_end(say(&address, begun).await).await;
        assert!(!heard.contains("home"), "{begun:?}: {heard}");
    }
}

#[tokio::test]
async fn a_socket_is_closed_some_time_after_its_last_answer() {
    let address = start(ServerLimits { head: Duration::from_millis(50), ..patient() }, site()).await;
    let mut socket = say(&address, HOME).await;
    hear(&mut socket, "home").await;
    assert_eq!(to_its_end(socket).await, "");
}

#[tokio::test]
async fn a_body_that_does_not_come_to_its_end_is_not_waited_for() {
    let address = start(ServerLimits { body: Duration::from_millis(50), ..patient() }, site()).await;
    let socket = say(&address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert!(to_its_end(socket).await.starts_with("HTTP/1.1 400 "));
    let mut whole = say(&address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwhole").await;
    assert!(hear(&mut whole, "whole").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_does_not_read_an_answer_is_not_waited_for_either() {
    let short = Duration::from_millis(50);
    let large = Router::new().route("/", get(|| async { vec![0; 64 * 1024 * 1024] }));
    let address = start(ServerLimits { head: short, lifetime: Some(short), ..patient() }, large).await;
    let mut socket = say(&address, HOME).await;
    // The client reads nothing until the server has closed the socket, which it notices when a write fails.
    soon(async { while socket.write_all(b"x").await.is_ok() {} }).await;
}

#[tokio::test]
async fn one_socket_too_many_takes_the_place_of_the_one_that_is_idle_for_longest() {
    let address = start(ServerLimits { sockets: 2, ..patient() }, site()).await;
    let silent = say(&address, "").await;
    let mut asking = say(&address, HOME).await;
    hear(&mut asking, "home").await;
    let mut another = say(&address, HOME).await;
    hear(&mut another, "home").await;
    assert_eq!(to_its_end(silent).await, "");
    asking.write_all(HOME.as_bytes()).await.expect("it is open");
    hear(&mut asking, "home").await;
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_for_a_free_place() {
    let (begun, turns) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let router = Router::new().route(
        "/",
        get({
            let (begun, turns) = (begun.clone(), turns.clone());
            move || async move {
                begun.add_permits(1);
                turns.acquire().await.expect("open").forget();
                "home"
            }
        }),
    );
    let address = start(ServerLimits { sockets: 2, ..patient() }, router).await;
    let mut asking = [say(&address, HOME).await, say(&address, HOME).await];
    soon(begun.acquire_many(2)).await.expect("both").forget();
    let mut next = say(&address, HOME).await;
    turns.add_permits(2);
    for socket in &mut asking {
        hear(socket, "home").await;
    }
    turns.add_permits(1);
    hear(&mut next, "home").await;
}
