//! Bytes and their digests in hexadecimal.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use aws_lc_rs::digest;

/// The SHA-256 of these bytes.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// The MD5 of these bytes. It proves nothing any more, but many file lists still use it.
pub fn md5(bytes: &[u8]) -> String {
    hexadecimal(&md5::compute(bytes).0)
}

/// Encodes each byte as two digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [*byte >> 4, *byte & 0x0f]);
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    text.extend(digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)));
    text
}
