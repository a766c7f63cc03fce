//! Sites that speak TLS, with certificates of an authority of the test's own.

use super::site::Site;
use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// An authority that is trusted only if it is configured.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key.
pub struct Certified {
    pub certificate: rcgen::Certificate,
    pub key: KeyPair,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::OrganizationName, "Stepcast tests");
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate"))
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these names.
    pub fn certify(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Certified {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, "shop.example");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        Certified { certificate: params.signed_by(&key, &self.0).expect("a certificate"), key }
    }

    /// A site with a certificate for its address.
    pub async fn serve(&self, router: Router) -> Site {
        serve(router, server(&self.certify(&["127.0.0.1"], |_| ()), None)).await
    }

    /// The same, which lets only those in who have a certificate of this authority.
    pub async fn serve_known(&self, router: Router) -> Site {
        serve(router, server(&self.certify(&["127.0.0.1"], |_| ()), Some(self))).await
    }
}

/// How a server speaks TLS.
pub fn server(certified: &Certified, clients: Option<&Authority>) -> ServerConfig {
    let key = PrivatePkcs8KeyDer::from(certified.key.serialize_der()).into();
    let chain: Vec<CertificateDer<'static>> = vec![certified.certificate.der().clone()];
    // Named, because a server that takes the default would choose it for the process, before the engine does.
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.0.der().clone()).expect("a certificate");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    builder.with_single_cert(chain, key).expect("a certificate with its key")
}

/// A site on a port of its own.
pub async fn serve(router: Router, config: ServerConfig) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let listener = SecureListener { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
    tokio::spawn(async move { axum::serve(listener, router).await });
    Site::at(format!("https://{address}"))
}

/// A site that speaks HTTP/2 and nothing else.
pub async fn serve_http2(router: Router, mut config: ServerConfig) -> Site {
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let mut listener = SecureListener { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
    tokio::spawn(async move {
        loop {
            let (stream, _) = Listener::accept(&mut listener).await;
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(async move {
                let builder = http2::Builder::new(TokioExecutor::new());
                // How a connection ends is the client's business.
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Site::at(format!("https://{address}"))
}

struct SecureListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for SecureListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            // A client that does not like the certificate is the test's business.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Listener::local_addr(&self.listener)
    }
}
