//! A proxy of the test's own, which writes down what it is asked for and leads everything to one place.

use rustls::ServerConfig;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How it answers.
#[derive(Clone)]
pub enum Manner {
    /// It connects to this address, whatever it is asked for
    Connects(String),
    /// It says this and ends the connection
    Says(&'static str),
}

pub struct ForwardProxy {
    pub address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl ForwardProxy {
    pub async fn start(manner: Manner) -> Self {
        Self::serve(manner, None).await
    }

    /// To the site at this address.
    pub async fn to(base: &str) -> Self {
        Self::start(connects(base)).await
    }

    /// The same, which is spoken to over TLS.
    pub async fn secure_to(base: &str, config: ServerConfig) -> Self {
        Self::serve(connects(base), Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn serve(manner: Manner, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (manner, heard, tls) = (manner.clone(), Arc::clone(&heard), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => handle(tls.accept(client).await.ok()?, manner, heard).await,
                        None => handle(client, manner, heard).await,
                    }
                });
            }
        });
        Self { address, asked }
    }

    /// The first lines of all requests, each with its `proxy-authorization`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread panicked").clone()
    }
}

fn connects(base: &str) -> Manner {
    let (_, address) = base.split_once("://").expect("an address");
    Manner::Connects(address.to_owned())
}

async fn handle(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    manner: Manner,
    heard: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let head = read_head(&mut client).await?;
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let authorization = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().starts_with("proxy-authorization: ").then(|| &line[21..]));
    heard
        .lock()
        .expect("no thread panicked")
        .push([Some(line.as_str()), authorization].into_iter().flatten().collect::<Vec<_>>().join(" "));
    let address = match manner {
        Manner::Connects(address) => address,
        Manner::Says(answer) => return client.write_all(answer.as_bytes()).await.ok(),
    };
    let mut server = TcpStream::connect(address).await.ok()?;
    if line.starts_with("CONNECT") {
        client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.ok()?;
    } else {
        // In the form it was sent, which servers have to take; and one request a connection, so that all are seen.
        let head = head.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
        server.write_all(head.as_bytes()).await.ok()?;
    }
    tokio::io::copy_bidirectional(&mut client, &mut server).await.ok().map(|_| ())
}

async fn read_head(client: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
