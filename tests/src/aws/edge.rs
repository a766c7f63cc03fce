//! The address for clients: forwards every byte, and adds to the answer of a handshake the header that the emulator
//! omits.
//!
//! API Gateway answers with the subprotocol that `$connect` chose. Clients that offered one require it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html>

use std::net::SocketAddr;
use stepcast_protocol::SUBPROTOCOL;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The edge of an API.
pub(super) struct Edge {
    pub(super) address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Edge {
    /// Starts an edge in front of the gateway at this address.
    pub(super) async fn start(gateway: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(async move {
                    // However a connection ends, the edge goes on.
                    let _ = relay(client, gateway).await;
                });
            }
        });
        Self { address, serving }
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn relay(mut client: TcpStream, gateway: SocketAddr) -> std::io::Result<()> {
    let mut gateway = TcpStream::connect(gateway).await?;
    let request = head(&mut client).await?;
    gateway.write_all(&request).await?;
    let mut answer = head(&mut gateway).await?;
    let offered = String::from_utf8_lossy(&request).contains(SUBPROTOCOL);
    let chosen = String::from_utf8_lossy(&answer).to_ascii_lowercase().contains("sec-websocket-protocol");
    if offered && !chosen && answer.starts_with(b"HTTP/1.1 101") {
        answer.truncate(answer.len() - 2);
        answer.extend_from_slice(format!("sec-websocket-protocol: {SUBPROTOCOL}\r\n\r\n").as_bytes());
    }
    client.write_all(&answer).await?;
    copy_bidirectional(&mut client, &mut gateway).await?;
    Ok(())
}

/// Reads the head of a request or an answer, including the empty line that ends it.
async fn head(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(head)
}
