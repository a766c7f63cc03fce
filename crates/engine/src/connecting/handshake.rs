//! Notes when a TLS handshake starts, which the HTTP client does not tell.
//!
//! A handshake begins with a key exchange, and reqwest takes the key exchanges from the process's default provider
//! (<https://docs.rs/reqwest/latest/reqwest/tls/index.html>). So the default provider here is the usual one, with key
//! exchanges that note the time and leave the work to the usual ones. If the program has chosen another provider
//! before, that one stays, and the time for TLS is not known.

use super::note;
use rustls::crypto::{ActiveKeyExchange, CompletedKeyExchange, CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::ffdhe_groups::FfdheGroup;
use rustls::{Error, NamedGroup, ProtocolVersion};
use std::sync::Once;
use tokio::time::Instant;

/// Notes the start of every handshake of the clients that are built from now on.
pub fn note_handshakes() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = aws_lc_rs::default_provider();
        let kx_groups = usual.kx_groups.iter().map(|group| &*Box::leak(Box::new(Noting(*group))) as _).collect();
        let _ = CryptoProvider { kx_groups, ..usual }.install_default();
    });
}

#[derive(Debug)]
struct Noting(&'static dyn SupportedKxGroup);

impl SupportedKxGroup for Noting {
    /// A server may ask for another group, which starts a second key exchange of the same handshake.
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        note(|noted| noted.handshake_started = noted.handshake_started.or_else(|| Some(Instant::now())));
        self.0.start()
    }

    fn start_and_complete(&self, peer_pub_key: &[u8]) -> Result<CompletedKeyExchange, Error> {
        self.0.start_and_complete(peer_pub_key)
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        self.0.ffdhe_group()
    }

    fn name(&self) -> NamedGroup {
        self.0.name()
    }

    fn fips(&self) -> bool {
        self.0.fips()
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        self.0.usable_for_version(version)
    }
}
