//! Bodies that are packed, and texts that are not UTF-8.

use super::site::Site;
use axum::Router;
use axum::routing::get;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use std::io::Write;

/// Ten times what the engine of these tests reads.
const BOMB: usize = 1_000_000;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body).expect("memory");
    packed.finish().expect("memory")
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body).expect("memory");
    packed.finish().expect("memory")
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
    packed.write_all(body).expect("memory");
    packed.finish().expect("memory")
}

fn brotli(body: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::CompressorWriter::new(&mut packed, 4096, 5, 22).write_all(body).expect("memory");
    packed
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::encode_all(body, 0).expect("memory")
}

/// Returns the report of a check of a body with this header field.
async fn report(name: &'static str, value: &str, body: Vec<u8>, check: &str) -> String {
    let value = value.to_owned();
    let answer = get(move || async move { ([(name, value)], body) });
    Site::serve(Router::new().route("/", answer)).await.report("${base}/", check).await
}

#[tokio::test]
async fn bodies_that_unpack_beyond_the_limit_are_errored() {
    let zeros = vec![0; BOMB];
    for (encoding, body) in [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("deflate", deflate(&zeros)),
        ("br", brotli(&zeros)),
        ("zstd", zstd(&zeros)),
        ("gzip, gzip", gzip(&gzip(&zeros))),
        ("br, zstd, gzip", gzip(&zstd(&brotli(&zeros)))),
    ] {
        let report = report("content-encoding", encoding, body, "- status: 200").await;
        assert!(
            report.starts_with("errored: request\n  actual: the body is larger than 97 KiB\n"),
            "{encoding}: {report}"
        );
    }
}

#[tokio::test]
async fn a_body_is_unpacked_as_often_as_it_was_packed_and_not_without_end() {
    for (encoding, body) in [("gzip, gzip", gzip(&gzip(b"text"))), ("br, zstd, gzip", gzip(&zstd(&brotli(b"text"))))] {
        let report = report("content-encoding", encoding, body, "- body: text").await;
        assert!(report.starts_with("passed"), "{encoding}: {report}");
    }
    let often = ["gzip"; 1_000].join(",");
    insta::assert_snapshot!(report("content-encoding", &often, gzip(b"text"), "- body: text").await, @r#"
    errored: request
      actual: the answer could not be read: the body is encoded 1000 times
      hint: the server, or a proxy in front of it, cut off or corrupted the answer
    "#);
}

#[tokio::test]
async fn texts_are_read_in_the_encoding_they_are_written_in() {
    for (label, body, text) in [
        ("gb18030", &b"\xd6\xd0\xce\xc4"[..], "中文"),
        ("GB2312", b"\xd6\xd0\xce\xc4", "中文"),
        ("shift_jis", b"\x93\xfa\x96\x7b", "日本"),
        ("x-sjis", b"\x93\xfa\x96\x7b", "日本"),
        ("euc-jp", b"\xc6\xfc\xcb\xdc", "日本"),
        ("euc-kr", b"\xc7\xd1\xb1\xdb", "한글"),
        ("iso-2022-jp", b"\x1b$BF|K\\\x1b(B", "日本"),
        ("big5", b"\xa4\xa4\xa4\xe5", "中文"),
        ("windows-1252", b"\x80 \xe9", "€ é"),
        ("iso-8859-1", b"\x80 \xe9", "€ é"),
        ("koi8-r", b"\xcd\xc9\xd2", "мир"),
    ] {
        let check = format!("- {{ css: p, text: '{text}' }}");
        let page = |head: &str| [head.as_bytes(), b"<p>", body, b"</p>"].concat();
        let by_header = report("content-type", &format!("text/html; charset={label}"), page(""), &check).await;
        let meta = page(&format!("<meta charset={label}>"));
        let by_meta = report("content-type", "text/html", meta, &check).await;
        let equivalent = page(&format!("<meta http-equiv=content-type content='text/html; charset={label}'>"));
        let by_equivalent = report("content-type", "text/html", equivalent, &check).await;
        for report in [by_header, by_meta, by_equivalent] {
            assert!(report.starts_with("passed"), "{label}: {report}");
        }
    }
}

#[tokio::test]
async fn a_mark_comes_before_the_header_and_the_header_before_the_page() {
    let mut little = b"\xff\xfe".to_vec();
    little.extend("<p>é</p>".encode_utf16().flat_map(u16::to_le_bytes));
    let mut big = b"\xfe\xff".to_vec();
    big.extend("<p>é</p>".encode_utf16().flat_map(u16::to_be_bytes));
    for (content_type, body) in [
        ("text/html; charset=shift_jis", little),
        ("text/html; charset=utf-8", big),
        ("text/html; charset=windows-1252", b"\xef\xbb\xbf<p>\xc3\xa9</p>".to_vec()),
        ("text/html; charset=windows-1252", b"<meta charset=utf-8><p>\xe9</p>".to_vec()),
        ("text/html; charset=no-such", b"<meta charset=windows-1252><p>\xe9</p>".to_vec()),
        ("text/html; charset=no-such", "<meta charset=no-such><p>é</p>".into()),
        ("text/html", "<meta charset=utf-16le><p>é</p>".into()),
    ] {
        let report = report("content-type", content_type, body.clone(), "- { css: p, text: é }").await;
        assert!(report.starts_with("passed"), "{content_type}: {}: {report}", String::from_utf8_lossy(&body));
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_do_not_stop_the_checks() {
    for label in ["utf-8", "gb18030", "shift_jis", "euc-kr", "iso-2022-jp", "utf-16le", "replacement", "hz-gb-2312"] {
        let bytes = (0..=255).cycle().skip(7).step_by(3).take(10_000).collect();
        let content_type = format!("text/html; charset={label}");
        let report =
            report("content-type", &content_type, bytes, "- { size: 10000 }\n- { css: '.none', exists: false }").await;
        assert!(report.lines().all(|line| line.starts_with("passed")), "{label}: {report}");
    }
}
