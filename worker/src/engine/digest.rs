//! Digests in hexadecimal.

use aws_lc_rs::digest;
use std::fmt::Write;

/// The SHA-256 of these bytes.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
