//! HTTP/2 answers that do not end where they should, written frame by frame (RFC 9113, section 4.1).

use super::secure_site::{Authority, server};
use super::site::Site;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const ACKNOWLEDGED: u8 = 1;
/// `:status: 200` of the static table (RFC 7541, appendix A).
const STATUS_200: &[u8] = &[0x88];
/// `x-a: aaaa`, written out (RFC 7541, section 6.2.2).
const FIELD: &[u8] = b"\x00\x03x-a\x04aaaa";

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length").to_be_bytes();
    [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A site whose only answer begins with headers that go on in these frames for as long as the client reads.
async fn flooding(continued: Vec<u8>) -> (Site, Authority) {
    let authority = Authority::new("One");
    let mut config = server(&authority.certify(&["127.0.0.1"], |_| ()), None);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let site = Site::at(format!("https://{}", listener.local_addr().expect("an address")));
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((socket, _)) = listener.accept().await {
            let Ok(mut socket) = acceptor.accept(socket).await else { continue };
            let begin = [frame(SETTINGS, 0, 0, b""), frame(SETTINGS, ACKNOWLEDGED, 0, b"")].concat();
            let _ = socket.write_all(&begin).await;
            // Only once it was asked: an answer to nothing is another error.
            let mut asked = Vec::new();
            while !asked.windows(5).any(|bytes| bytes == [HEADERS, 5, 0, 0, 0]) {
                let mut piece = [0; 4096];
                match socket.read(&mut piece).await {
                    Ok(length @ 1..) => asked.extend_from_slice(&piece[..length]),
                    _ => break,
                }
            }
            let mut is_heard = socket.write_all(&frame(HEADERS, 0, 1, STATUS_200)).await.is_ok();
            while is_heard {
                is_heard = socket.write_all(&frame(CONTINUATION, 0, 1, &continued)).await.is_ok();
            }
        }
    });
    (site, authority)
}

/// What was sent ends them, long before the time is used up.
#[tokio::test]
async fn headers_that_go_on_without_end_are_given_up() {
    for continued in [FIELD.repeat(1_600), FIELD.to_vec(), Vec::new()] {
        let (site, authority) = flooding(continued).await;
        let defaults = serde_json::json!({ "ca": authority.pem(), "timeout": "1m" });
        let report = site.report_with(&defaults, "- status: 200").await;
        assert!(report.contains("too_many_continuations"), "{report}");
    }
}
