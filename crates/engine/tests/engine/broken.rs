//! Answers that are not HTTP as it should be, or have no end, written to the socket as they are.

use super::site::Site;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A site that answers each request with these bytes, then with `more` for as long as the client reads, and hangs up.
pub async fn raw(answer: Vec<u8>, more: &'static [u8]) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            // Only once it was asked: what comes before is another error.
            let _ = socket.read(&mut [0; 4096]).await;
            let mut is_heard = socket.write_all(&answer).await.is_ok();
            while is_heard && !more.is_empty() {
                is_heard = socket.write_all(more).await.is_ok();
            }
        }
    });
    let mut site = Site::start().await;
    site.vars.insert("base".into(), format!("http://{address}"));
    site
}

async fn report(answer: &[u8], check: &str) -> String {
    raw(answer.to_vec(), b"").await.report("${base}/", check).await
}

async fn report_without_end(answer: &[u8], more: &'static [u8]) -> String {
    let site = raw(answer.to_vec(), more).await;
    // Interim answers cost nothing to read, so only the time ends them.
    site.report_with(&serde_json::json!({ "timeout": "500ms" }), "- status: 200").await
}

#[tokio::test]
async fn odd_answers_are_read_as_the_standard_says() {
    for (answer, check) in [
        (&b"HTTP/1.0 200 OK\r\n\r\nold"[..], "- body: old"),
        (b"HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\nabc", "- { status: 204 }\n- { size: 0 }"),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 3\r\n\r\nabc", "- { status: 304 }\n- { size: 0 }"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabc", "- body: ab"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "- body: abc"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "- body: ok"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na\0b", "- body: \"a\\0b\""),
    ] {
        let report = report(answer, check).await;
        let is_right = report.lines().all(|line| line.starts_with("passed"));
        assert!(is_right, "{}: {report}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn answers_that_break_off_are_errored() {
    for answer in [
        &b"<p>the first HTTP had no headers"[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nx-half",
        b"",
    ] {
        let report = report(answer, "- status: 200").await;
        assert!(report.starts_with("errored: request"), "{}: {report}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn answers_without_end_are_given_up() {
    for (answer, more) in [
        (&b"HTTP/1.1 200 OK\r\n\r\n"[..], &[b'a'; 4096][..]),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"3\r\nabc\r\n"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;", &[b'e'; 4096]),
        (b"HTTP/1.1 200 OK\r\nx-long: ", &[b'a'; 4096]),
        (b"HTTP/1.1 200 OK\r\n", b"x-more: 1\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
    ] {
        let report = report_without_end(answer, more).await;
        assert!(report.starts_with("errored: request"), "{}: {report}", String::from_utf8_lossy(answer));
    }
}

#[tokio::test]
async fn an_answer_that_trickles_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let site = Site::at(format!("http://{}", listener.local_addr().expect("an address")));
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a request");
        let _ = socket.read(&mut [0; 4096]).await;
        let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await;
        while socket.write_all(b"a").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    let report = site.report_with(&serde_json::json!({ "timeout": "300ms" }), "- status: 200").await;
    insta::assert_snapshot!(report, @r#"
    errored: request
      actual: the body did not arrive within 300ms
      hint: find out why it takes so long, or give the step a longer `timeout`
    "#);
}
