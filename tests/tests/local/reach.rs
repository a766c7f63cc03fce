//! A server that other machines reach: by TLS of its own, or through a proxy.

use super::crashes::free_port;
use rcgen::{Certificate, CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;
use stepcast_tests::{Client, Server, stepcast, within};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// A certificate for `qa.example`.
struct Issued {
    key: KeyPair,
    certificate: Certificate,
}

impl Issued {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["qa.example".to_owned()]).expect("a name");
        Self { certificate: params.self_signed(&key).expect("a certificate"), key }
    }
}

/// A server for `https://qa.example` with a certificate that only this test trusts.
struct Secure {
    server: Server,
    port: String,
    connector: TlsConnector,
    files: TempDir,
    issued: Vec<Issued>,
}

impl Secure {
    async fn start() -> Self {
        Self::start_with(vec![Issued::new()]).await
    }

    /// Starts a server with the first of these certificates; the test trusts all of them.
    async fn start_with(issued: Vec<Issued>) -> Self {
        let files = tempfile::tempdir().expect("a folder");
        let path = |name: &str| files.path().join(name).display().to_string();
        std::fs::write(path("certificate.pem"), issued[0].certificate.pem()).expect("written");
        std::fs::write(path("key.pem"), issued[0].key.serialize_pem()).expect("written");
        let port = free_port();
        let (certificate_file, key_file) = (path("certificate.pem"), path("key.pem"));
        let tls = ["--tls-certificate", &certificate_file, "--tls-key", &key_file];
        let options = [&["--port", &port, "--public-url", "https://qa.example"][..], &tls].concat();
        let server = Server::start_with(&options).await;

        let mut roots = RootCertStore::empty();
        for issued in &issued {
            roots.add(issued.certificate.der().clone()).expect("a certificate");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        Self { server, port, connector: TlsConnector::from(Arc::new(config)), files, issued }
    }

    async fn socket(&self) -> TcpStream {
        within("a socket", TcpStream::connect(format!("127.0.0.1:{}", self.port))).await.expect("a socket")
    }

    async fn secure_socket(&self) -> TlsStream<TcpStream> {
        let name = ServerName::try_from("qa.example").expect("a name");
        within("a handshake", self.connector.connect(name, self.socket().await)).await.expect("a secure socket")
    }

    /// Replaces a file, as programs that renew certificates do.
    fn replace(&self, name: &str, text: &str) {
        let new = self.files.path().join("new");
        std::fs::write(&new, text).expect("written");
        std::fs::rename(&new, self.files.path().join(name)).expect("renamed");
    }

    /// Whether a new connection gets this certificate.
    async fn has(&self, issued: &Issued) -> bool {
        let socket = self.secure_socket().await;
        let (_, connection) = socket.get_ref();
        connection.peer_certificates().expect("a certificate")[0] == *issued.certificate.der()
    }

    /// Returns the status of the answer to a WebSocket handshake from a page of this origin.
    async fn status(&self, origin: &str) -> u16 {
        let mut request = "wss://qa.example/ws".into_client_request().expect("a request");
        let headers = request.headers_mut();
        headers.insert("authorization", format!("Bearer {}", self.server.token).parse().expect("a header"));
        headers.insert("origin", origin.parse().expect("a header"));
        match within("an answer", client_async(request, self.secure_socket().await)).await {
            Ok(_) => 101,
            Err(Error::Http(answer)) => answer.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_server_with_a_certificate_speaks_tls_and_nothing_else() {
    let secure = Secure::start().await;
    assert_eq!((secure.server.ws.as_str(), secure.server.http.as_str()), ("wss://qa.example/ws", "https://qa.example"));
    assert!(secure.server.sign_in.starts_with("https://qa.example/#code="), "{}", secure.server.sign_in);
    assert_eq!(secure.status("https://qa.example").await, 101);
    assert_eq!(secure.status("https://evil.example").await, 403);
    assert_eq!(secure.status(&format!("http://127.0.0.1:{}", secure.port)).await, 403);

    let mut plain = secure.socket().await;
    plain.write_all(b"GET / HTTP/1.1\r\nhost: qa.example\r\n\r\n").await.expect("sent");
    let mut answer = Vec::new();
    // The server may reset the connection; either way it sends no page.
    let _ = within("the end", plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    secure.server.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let secure = Secure::start_with(vec![Issued::new(), Issued::new()]).await;
    let [first, renewed] = &secure.issued[..] else { panic!("two certificates") };
    assert!(secure.has(first).await);
    secure.replace("certificate.pem", &renewed.certificate.pem());
    assert!(secure.has(first).await, "its key is not there yet");
    secure.replace("key.pem", &renewed.key.serialize_pem());
    assert!(secure.has(renewed).await);
    secure.replace("certificate.pem", "no certificate");
    assert!(secure.has(renewed).await, "what cannot be read changes nothing");
    let log = secure.server.log();
    assert!(log.contains("connections get the one before"), "{log}");
    assert_eq!(secure.status("https://qa.example").await, 101);
    secure.server.stop().await;
}

#[tokio::test]
async fn those_who_never_finish_a_handshake_keep_nobody_out() {
    let secure = Secure::start().await;
    // More than the server has room for: those that are silent for longest make room.
    let mut silent = Vec::new();
    for _ in 0..1_100 {
        silent.push(secure.socket().await);
    }
    assert_eq!(secure.status("https://qa.example").await, 101);
    secure.server.stop().await;
}

#[tokio::test]
async fn behind_a_proxy_the_public_address_is_the_dashboard_s_own() {
    let server = Server::start_with(&["--public-url", "https://qa.example"]).await;
    assert!(server.ws.starts_with("ws://127.0.0.1:"), "the command connects on this machine: {}", server.ws);
    assert!(server.sign_in.starts_with("https://qa.example/#code="), "{}", server.sign_in);
    let token = format!("Bearer {}", server.token);
    let headers = |origin| [("authorization", token.as_str()), ("origin", origin)];
    Client::try_connect(&server.ws, &headers("https://qa.example")).await.expect("the proxy's pages may connect");
    Client::try_connect(&server.ws, &headers("https://evil.example")).await.err().expect("others may not");
    server.stop().await;
}

#[test]
fn a_server_opens_to_other_machines_only_if_it_is_said_how_they_reach_it() {
    let told = |options: &[&str]| {
        let ran = stepcast(&[&["up", "--port", "0"][..], options].concat());
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        ran.stderr
    };
    assert_eq!(
        told(&["--bind", "0.0.0.0"]),
        "error: --bind 0.0.0.0 lets other machines connect\n\n\
         hint: say how browsers and clients reach it, like `--public-url https://qa.example`\n"
    );
    let certificate = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/ca.pem");
    let files = ["--tls-certificate", certificate, "--tls-key", certificate];
    let told_of_key = told(&[&files[..], &["--public-url", "https://qa.example"]].concat());
    assert!(told_of_key.contains("contains no readable private key in PEM"), "{told_of_key}");
    let told_of_nothing =
        told(&["--tls-certificate", "nowhere.pem", "--tls-key", certificate, "--public-url", "https://a.b"]);
    assert!(told_of_nothing.contains("the certificate `nowhere.pem` cannot be read"), "{told_of_nothing}");
    let told_of_scheme = told(&[&files[..], &["--public-url", "http://qa.example"]].concat());
    assert!(told_of_scheme.contains("--tls-certificate needs a --public-url that is https"), "{told_of_scheme}");
}
