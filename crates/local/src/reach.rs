//! How a stack is reached: the address it listens on, and the one that browsers and clients use.

mod certificate;

use crate::server::Transport;
use certificate::CertificateFiles;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use stepcast_platform::origin::Origin;
use tokio_rustls::TlsAcceptor;

/// How a stack is reached.
#[derive(Clone, Default)]
pub struct Reach {
    /// The address that browsers and clients use, if it is another than the one of the listener
    pub public: Option<Origin>,
    /// What the listener's sockets carry
    pub transport: Transport,
}

impl Reach {
    /// Returns the address that browsers and clients use.
    pub(crate) fn public(&self, listening: SocketAddr) -> String {
        self.public.as_ref().map_or_else(|| format!("http://{listening}"), Origin::to_string)
    }

    /// Returns the address for programs on this machine. A certificate is valid for the public address only.
    pub(crate) fn local(&self, listening: SocketAddr) -> String {
        match self.transport {
            Transport::Tls(_) => self.public(listening),
            Transport::Plain => format!("http://{}", SocketAddr::new(reachable(listening.ip()), listening.port())),
        }
    }
}

/// The address at which this machine reaches a listener of its own.
fn reachable(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

/// Reads a certificate, with those it depends on, and its private key. Connections get the one that is in the files then.
pub fn tls(certificate: &Path, key: &Path) -> anyhow::Result<Transport> {
    let certificate = Arc::new(CertificateFiles::read(certificate, key)?);
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions()?.with_no_client_auth();
    let mut config = config.with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Transport::Tls(TlsAcceptor::from(Arc::new(config))))
}
