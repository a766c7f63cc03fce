//! Serving a router: what all listeners of the embedded stack have in common.

use axum::Router;
use axum::serve::ListenerExt;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The URL under which a listener is reached, as SDKs take it for `endpoint_url`.
pub fn endpoint(listener: &TcpListener) -> io::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

/// Serves `router` until `shutdown`, then until the requests that are running have been answered.
///
/// WebSocket connections are not requests: they are the gateway's to close and to wait for.
pub async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) -> io::Result<()> {
    // Answers and events are small and somebody waits for each: Nagle's algorithm would hold them back.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "Could not switch Nagle's algorithm off");
        }
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown.cancelled_owned()).await
}
