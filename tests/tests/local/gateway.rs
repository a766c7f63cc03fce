//! How the gateway of `crates/local` treats connections that live too long or send too much; its own tests cover the
//! full contract.

use serde_json::json;
#[cfg(target_os = "linux")]
use std::io::{Read, Write};
#[cfg(target_os = "linux")]
use std::time::Duration;
#[cfg(target_os = "linux")]
use stepcast_tests::binary;
use stepcast_tests::{Server, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
#[cfg(target_os = "linux")]
use tokio::process::Command;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn clients_are_notified_that_the_server_stops_and_may_return() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.ask(json!({ "action": "ping" })).await;
    server.stop().await;
    let bye = client.until_type("bye").await.pop().expect("the goodbye");
    assert_eq!((&bye["code"], &bye["reconnect"]), (&json!("server_stopping"), &json!(true)));
}

/// The server cannot write its first line while the pipe is full, so its state is known when the signal arrives.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_stopped_before_it_is_ready_stops_in_order() {
    let data_dir = tempfile::tempdir().expect("a directory");
    let (mut reader, mut writer) = std::io::pipe().expect("a pipe");
    // The capacity of a pipe: https://man7.org/linux/man-pages/man7/pipe.7.html
    writer.write_all(&vec![b'\n'; 65_536]).expect("room");
    let mut server = Command::new(binary("stepcast"))
        .args(["up", "--json", "--port", "0", "--data-dir"])
        .arg(data_dir.path())
        .stdout(writer)
        .kill_on_drop(true)
        .spawn()
        .expect("the server starts");
    within("its address", async {
        while !data_dir.path().join("endpoint.json").exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let id = server.id().expect("the server runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.expect("kill").success());
    let said = tokio::task::spawn_blocking(move || {
        let mut said = String::new();
        reader.read_to_string(&mut said).map(|_| said)
    });
    let status = within("the server's end", server.wait()).await.expect("a status");
    assert!(status.success(), "the server ended with {status}");
    assert!(said.await.expect("it ends").expect("text").contains("\"ready\":true"));
}

#[tokio::test]
async fn there_can_be_more_connections_than_a_program_has_files_at_first_and_all_can_leave_at_once() {
    let server = Server::start().await;
    let mut clients = Vec::new();
    for _ in 0..200 {
        clients.push(server.client().await);
    }
    clients.truncate(1);
    let mut stays = clients.remove(0);
    let listed = async {
        while stays.ask(json!({ "action": "connections" })).await["connections"].as_array().map(Vec::len) != Some(1) {}
    };
    within("the end of the others", listed).await;
    server.stop().await;
}

#[tokio::test]
async fn a_connection_ends_when_its_time_is_over() {
    let server = Server::start_with(&["--connection-lifetime", "1s"]).await;
    let mut client = server.client().await;
    assert!(client.close_code().await.is_some());
    server.stop().await;
}

#[tokio::test]
async fn an_idle_connection_ends() {
    let server = Server::start_with(&["--idle-timeout", "1s"]).await;
    let mut client = server.client().await;
    assert!(client.close_code().await.is_some());
    server.stop().await;
}

#[tokio::test]
async fn frames_that_are_too_large_or_binary_end_the_connection_with_the_documented_code() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.send_message(Message::text("x".repeat(33 * 1024))).await;
    assert_eq!(client.close_code().await, Some(1009));
    let mut client = server.client().await;
    client.send_message(Message::binary(vec![1, 2, 3])).await;
    assert_eq!(client.close_code().await, Some(1003));
    assert_eq!(server.client().await.ask(json!({ "action": "ping" })).await["type"], "pong");
    server.stop().await;
}

#[tokio::test]
async fn every_answer_has_the_headers_that_protect_the_dashboard() {
    let server = Server::start().await;
    let address = server.http.trim_start_matches("http://");
    let sign_in = "Content-Type: application/json\r\nContent-Length: 12\r\n";
    for (request, headers, body, status) in [
        ("GET /", "", "", "200"),
        ("GET /nothing", "", "", "404"),
        ("DELETE /", "", "", "405"),
        ("GET /ws", "", "", "426"),
        ("GET /sign-in", "", "", "405"),
        ("POST /sign-in", sign_in, r#"{"code":"x"}"#, "403"),
        ("POST /sign-in", sign_in, "{\"code\":12345", "422"),
    ] {
        let mut socket = TcpStream::connect(address).await.expect("connected");
        let request = format!("{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n{body}");
        socket.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        within("an answer", socket.read_to_end(&mut answer)).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        // If the dashboard is not built in, its page is not found.
        let is_expected = answer.starts_with(&format!("http/1.1 {status} ")) || request.starts_with("GET / ");
        assert!(is_expected, "{request}: {answer}");
        for header in [
            "content-security-policy: default-src 'self'",
            "referrer-policy: no-referrer",
            "x-content-type-options: nosniff",
            "x-frame-options: deny",
            "cache-control: no-",
        ] {
            assert!(answer.contains(header), "{request}: there is no {header}: {answer}");
        }
    }
    server.stop().await;
}
