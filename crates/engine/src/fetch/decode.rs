//! Undoes `content-encoding`, up to a limit: a kilobyte can unpack into gigabytes.

use super::FetchError;
use bytes::Bytes;
use encoding_rs::Encoding;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use std::io::{self, Read};

/// The encodings that requests accept.
pub const ACCEPTED: &str = "gzip, br, zstd, deflate";
/// No honest server applies more encodings than this to one body.
const MAX_ENCODINGS: usize = 3;
/// Largest zstd window, as a power of two: what RFC 9659 lets a server use.
const ZSTD_WINDOW: u32 = 23;
const BROTLI_BUFFER: usize = 16 * 1024;
/// The first bytes of every gzip member: the magic number, and the only method there is (RFC 1952, section 2.3).
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// A way in which bodies are packed (RFC 9110, section 8.4.1; RFC 7932; RFC 8878).
#[derive(Clone, Copy)]
enum Coding {
    Gzip,
    Brotli,
    Zstd,
    Deflate,
}

impl Coding {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gzip" | "x-gzip" => Self::Gzip,
            "br" => Self::Brotli,
            "zstd" => Self::Zstd,
            "deflate" => Self::Deflate,
            _ => return None,
        })
    }
}

/// Decodes a body. Decoding stops at the first unknown encoding.
pub async fn decode(headers: &HeaderMap, raw: Bytes, limit: usize) -> Result<Bytes, FetchError> {
    let encodings = encodings(headers);
    if encodings.len() > MAX_ENCODINGS {
        return Err(FetchError::Protocol(format!("the body is encoded {} times", encodings.len())));
    }
    let codings: Vec<Coding> = encodings.iter().rev().map_while(|name| Coding::named(name)).collect();
    if codings.is_empty() || raw.is_empty() {
        return Ok(raw);
    }
    // Unpacking ten megabytes would delay other tasks on this thread.
    let work = move || codings.into_iter().try_fold(raw, |body, coding| decode_one(coding, &body, limit));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(FetchError::Protocol(error.to_string())))
}

/// The last unknown encoding of a body, which could not be undone.
pub fn unread_encoding(headers: &HeaderMap) -> Option<String> {
    encodings(headers).into_iter().rev().find(|name| Coding::named(name).is_none())
}

/// Unpacks gzip, for files that are gzip themselves.
pub fn gunzip(packed: &[u8], limit: usize) -> Result<Bytes, FetchError> {
    let mut body = Vec::new();
    let mut rest = packed;
    loop {
        let mut decoder = flate2::bufread::GzDecoder::new(rest);
        // One byte more than the limit shows that the body is too large.
        let most = u64::try_from(limit - body.len()).unwrap_or(u64::MAX).saturating_add(1);
        let read = decoder.by_ref().take(most).read_to_end(&mut body);
        read.map_err(|error| broken("gzip", &error))?;
        if body.len() > limit {
            return Err(FetchError::TooLarge { limit });
        }
        rest = decoder.into_inner();
        // Bytes after a member that are not another member are ignored, as in browsers and curl.
        if !rest.starts_with(&GZIP_MAGIC) {
            return Ok(body.into());
        }
    }
}

fn encodings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty() && !packs_nothing(name)).collect()
}

/// Whether the name changes nothing: `identity`, or a name that servers use by mistake and browsers ignore, of a
/// charset, of a mail encoding, or of how an object came into S3.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
fn packs_nothing(name: &str) -> bool {
    let is_mistaken = ["none", "binary", "8bit", "7bit", "aws-chunked"].contains(&name);
    name == "identity" || is_mistaken || Encoding::for_label(name.as_bytes()).is_some()
}

fn decode_one(coding: Coding, packed: &[u8], limit: usize) -> Result<Bytes, FetchError> {
    match coding {
        Coding::Gzip => gunzip(packed, limit),
        Coding::Brotli => read_bounded(brotli::Decompressor::new(packed, BROTLI_BUFFER), limit, "brotli"),
        Coding::Zstd => read_bounded(zstd_reader(packed).map_err(|error| broken("zstd", &error))?, limit, "zstd"),
        // The standard says zlib; some servers have always sent bare deflate (RFC 9110, section 8.4.1.2).
        Coding::Deflate if is_zlib(packed) => read_bounded(flate2::read::ZlibDecoder::new(packed), limit, "deflate"),
        Coding::Deflate => read_bounded(flate2::read::DeflateDecoder::new(packed), limit, "deflate"),
    }
}

fn zstd_reader(packed: &[u8]) -> io::Result<impl Read + '_> {
    let mut reader = zstd::stream::read::Decoder::with_buffer(packed)?;
    reader.window_log_max(ZSTD_WINDOW)?;
    Ok(reader)
}

fn is_zlib(packed: &[u8]) -> bool {
    matches!(packed, [method, flags, ..]
        if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)).is_multiple_of(31))
}

fn read_bounded(reader: impl Read, limit: usize, encoding: &str) -> Result<Bytes, FetchError> {
    let mut body = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(most).read_to_end(&mut body).map_err(|error| broken(encoding, &error))?;
    if body.len() > limit { Err(FetchError::TooLarge { limit }) } else { Ok(body.into()) }
}

fn broken(encoding: &str, error: &io::Error) -> FetchError {
    FetchError::Protocol(format!("the body is not valid {encoding}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use std::io::Write;

    const LIMIT: usize = 1_000;

    fn zlib(text: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
        writer.write_all(text).expect("memory");
        writer.finish().expect("memory")
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
        writer.write_all(text).expect("memory");
        writer.finish().expect("memory")
    }

    async fn decode_as(encoding: &str, body: Vec<u8>) -> Result<Bytes, FetchError> {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, encoding.parse().expect("a header"))]);
        decode(&headers, body.into(), LIMIT).await
    }

    #[tokio::test]
    async fn every_encoding_is_undone() {
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 4096, 5, 22).write_all(b"hello").expect("memory");
        let deflated = zlib(b"hello");
        let bare = deflated[2..deflated.len() - 4].to_vec();
        for (encoding, body) in [
            ("gzip", gzip(b"hello")),
            ("X-Gzip", gzip(b"hello")),
            ("gzip", [gzip(b"hel"), gzip(b"lo")].concat()),
            ("gzip", [gzip(b"hello"), b"\n".to_vec()].concat()),
            ("gzip", [gzip(b"hello"), vec![0; 100]].concat()),
            ("deflate", deflated),
            ("deflate", bare),
            ("br", brotli),
            ("zstd", zstd::encode_all(&b"hello"[..], 0).expect("memory")),
            ("deflate, gzip", gzip(&zlib(b"hello"))),
            ("identity", b"hello".to_vec()),
            ("UTF-8", b"hello".to_vec()),
            ("gzip, aws-chunked", gzip(b"hello")),
            ("unheard-of", b"hello".to_vec()),
            ("unheard-of, gzip", gzip(b"hello")),
        ] {
            assert_eq!(decode_as(encoding, body).await.expect(encoding), "hello", "{encoding}");
        }
    }

    #[test]
    fn what_is_not_undone_is_told() {
        for (encoding, unread) in [
            ("unheard-of", Some("unheard-of")),
            ("gzip, unheard-of, br", Some("unheard-of")),
            ("first, gzip, second", Some("second")),
            ("gzip, br", None),
            ("identity", None),
            ("iso-8859-1", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_ENCODING, encoding.parse().expect("a header"))]);
            assert_eq!(unread_encoding(&headers).as_deref(), unread, "{encoding}");
        }
    }

    #[tokio::test]
    async fn unpacking_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 1_000_000]);
        let error = decode_as("gzip", bomb).await.expect_err("too large");
        assert!(matches!(error, FetchError::TooLarge { limit: LIMIT }), "{error}");
    }

    #[tokio::test]
    async fn a_broken_body_is_told() {
        let error = decode_as("gzip", b"hello".to_vec()).await.expect_err("not gzip");
        assert!(error.to_string().contains("the body is not valid gzip"), "{error}");
    }
}
