//! Pages of other sites do not get a connection, even with a valid token.

use stepcast_tests::{Client, Server};
use tokio_tungstenite::tungstenite::Error;

/// Returns the status of the answer to a handshake from a page of this origin, with a valid token.
async fn status(server: &Server, origin: &str) -> u16 {
    let headers = [("authorization", format!("Bearer {}", server.token)), ("origin", origin.to_owned())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match Client::try_connect(&server.ws, &headers).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn only_the_dashboard_s_own_pages_may_connect() {
    let server = Server::start().await;
    let localhost = server.http.replace("127.0.0.1", "localhost");
    for own in [&server.http, &localhost] {
        assert_eq!(status(&server, own).await, 101, "{own}");
    }
    let rebound = server.http.replace("127.0.0.1", "evil.example");
    for strange in [rebound.as_str(), "https://evil.example", "http://127.0.0.1:1", "null"] {
        assert_eq!(status(&server, strange).await, 403, "{strange}");
    }
    server.stop().await;
}

#[tokio::test]
async fn an_operator_allows_other_pages() {
    let server = Server::start_with(&["--allowed-origin", "https://QA.example/"]).await;
    assert_eq!(status(&server, "https://qa.example").await, 101);
    assert_eq!(status(&server, &server.http).await, 101, "the dashboard's own stay allowed");
    assert_eq!(status(&server, "https://other.example").await, 403);
    server.stop().await;
}
