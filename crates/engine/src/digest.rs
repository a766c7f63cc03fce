//! Bytes and their digests in hexadecimal.

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
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0x0f)]]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(digits);
    text
}
