//! Serving a router: what all listeners of the embedded stack have in common.

mod seats;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use futures_util::{StreamExt, stream};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
pub use seats::Sockets;
use seats::{Seat, Seats};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The limits of a socket that is not a WebSocket, or not yet.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// Longest time from the socket's opening, or the end of an answer, to the end of the next request's headers. A
    /// socket without a request is closed after it
    pub head: Duration,
    /// Longest time a request's body may take
    pub body: Duration,
    /// Longest time a socket may stay open in all, whatever it requests and however slowly it reads answers; a request
    /// that is under way then may take [`head`](Self::head) more
    pub lifetime: Option<Duration>,
    /// Most sockets at once. To make room for another, the one that has been idle for longest is closed
    pub sockets: usize,
}

impl Default for ServerLimits {
    /// Limits for a listener that untrusted clients reach. `$connect`, the longest request, takes 29 seconds at most.
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            body: Duration::from_secs(20),
            lifetime: Some(Duration::from_mins(2)),
            sockets: 1_024,
        }
    }
}

/// Returns the URL of a listener, as SDKs take it for `endpoint_url`.
pub fn endpoint(listener: &TcpListener) -> io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

/// What a socket carries.
#[derive(Clone, Default)]
pub enum Transport {
    /// HTTP
    #[default]
    Plain,
    /// HTTP in TLS
    Tls(TlsAcceptor),
}

/// How a listener is served.
#[derive(Clone, Default)]
pub struct ServerOptions {
    /// The limits of its sockets
    pub limits: ServerLimits,
    /// What they carry
    pub transport: Transport,
    /// Counts them
    pub sockets: Sockets,
}

impl From<ServerLimits> for ServerOptions {
    fn from(limits: ServerLimits) -> Self {
        Self { limits, ..Self::default() }
    }
}

/// Serves `router` until `shutdown`, then until the requests that are running have been answered.
///
/// WebSocket connections are not requests: the gateway closes them and waits for them.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    serve_with(ServerOptions::default(), listener, router, shutdown).await;
}

/// Does the same as [`serve`] in another way.
pub async fn serve_with(
    options: impl Into<ServerOptions>,
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) {
    let ServerOptions { limits, transport, sockets } = options.into();
    let (seats, running, limits) = (Seats::new(limits.sockets, sockets), TaskTracker::new(), Arc::new(limits));
    while let Some((socket, peer)) = shutdown.run_until_cancelled(accept(&listener)).await {
        let Some(seat) = shutdown.run_until_cancelled(seats.take()).await else { break };
        let room = Room { peer, seat, router: router.clone(), limits: limits.clone(), shutdown: shutdown.clone() };
        running.spawn(receive(socket, transport.clone(), room));
    }
    drop(listener);
    running.close();
    running.wait().await;
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client caused it, and the connection is gone.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {
            }
            Err(error) => {
                // Too many open files: a retry at once would fail as well, one in a moment may succeed.
                tracing::error!(%error, "Connections cannot be accepted");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// A socket's place in the server.
struct Room {
    peer: SocketAddr,
    seat: Seat,
    router: Router,
    limits: Arc<ServerLimits>,
    shutdown: CancellationToken,
}

/// Prepares a socket for its first request.
async fn receive(socket: TcpStream, transport: Transport, room: Room) {
    // Answers and events are small, and a client waits for each: Nagle's algorithm would hold them back.
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "Could not switch Nagle's algorithm off");
    }
    match transport {
        Transport::Plain => attend(socket, room).await,
        Transport::Tls(acceptor) => {
            let handshake = timeout(room.limits.head, acceptor.accept(socket));
            tokio::select! {
                () = room.seat.is_given_up() => {}
                () = room.shutdown.cancelled() => {}
                // Boxed, because most sockets are past it.
                shaken = Box::pin(handshake) => match shaken {
                    Ok(Ok(socket)) => attend(socket, room).await,
                    Ok(Err(error)) => tracing::trace!(%error, peer = %room.peer, "A TLS handshake failed"),
                    Err(_) => tracing::trace!(peer = %room.peer, "A TLS handshake took too long"),
                },
            }
        }
    }
}

/// Answers the requests on a socket until it is closed, has become a WebSocket, or has used up its time.
async fn attend<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(socket: S, room: Room) {
    let Room { peer, seat, router, limits, shutdown } = room;
    let (seat, router, body_time) = (Arc::new(seat), TowerToHyperService::new(router), limits.body);
    let service = service_fn(|mut request: http::Request<Incoming>| {
        let busy = seat.busy();
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.call(request.map(|body| timed(body, body_time)));
        async move {
            let _busy = busy;
            answer.await
        }
    });
    let mut http = http1::Builder::new();
    let http = http.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(socket), service).with_upgrades());
    let mut over = std::pin::pin!(ends_after(limits.lifetime));
    let mut is_ending = false;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::trace!(%error, %peer, "A socket was not served to its end");
                }
                return;
            }
            () = seat.is_given_up() => return,
            () = over.as_mut() => {
                if is_ending {
                    return;
                }
                over.set(ends_after(Some(limits.head)));
            }
            () = shutdown.cancelled(), if !is_ending => {}
        }
        is_ending = true;
        connection.as_mut().graceful_shutdown();
    }
}

async fn ends_after(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// Returns a body that fails if it takes too long.
fn timed(body: Incoming, time: Duration) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let deadline = Instant::now() + time;
    Body::from_stream(stream::try_unfold(Body::new(body).into_data_stream(), move |mut data| async move {
        match tokio::time::timeout_at(deadline, data.next()).await {
            Ok(chunk) => Ok(chunk.transpose()?.map(|chunk| (chunk, data))),
            Err(late) => Err(axum::Error::new(late)),
        }
    }))
}
