//! A proxy of the test's own, which writes down what it is asked for and leads everything to one place.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

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
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(handle(client, manner.clone(), Arc::clone(&heard)));
            }
        });
        Self { address, asked }
    }

    /// To the site at this address.
    pub async fn to(base: &str) -> Self {
        let (_, address) = base.split_once("://").expect("an address");
        Self::start(Manner::Connects(address.to_owned())).await
    }

    /// The first lines of all requests, each with its `proxy-authorization`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

async fn handle(mut client: TcpStream, manner: Manner, heard: Arc<Mutex<Vec<String>>>) -> Option<()> {
    let head = read_head(&mut client).await?;
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let authorization = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().starts_with("proxy-authorization: ").then(|| &line[21..]));
    heard
        .lock()
        .expect("nobody panicked")
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

async fn read_head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}
