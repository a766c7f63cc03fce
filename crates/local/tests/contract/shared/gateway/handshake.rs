//! `$connect`, and the answers to handshakes.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html>

use super::super::known::Known;
use super::client::{Client, handshake, refused};
use super::fixture::{Setup, connection_of, status};
use std::sync::{Arc, OnceLock};

#[tokio::test]
async fn connect_gets_the_handshake() {
    let mut api = Setup::new().start().await;
    let headers = [("authorization", "Bearer T"), ("user-agent", "test/1"), ("sec-websocket-protocol", "a, b")];
    // This handshake may fail, because `$connect` chooses none of the subprotocols.
    let _ = handshake(&api, &headers).await;
    let event = api.event("$connect").await;
    for (name, value) in headers {
        assert_eq!(event.headers[name], value);
        assert_eq!(event.multi_value_headers[name], value);
    }
    assert_eq!(event.query_string_parameters.all("a").map(|values| values.len()), Some(1), "one of them");
    assert_eq!(event.multi_value_query_string_parameters.all("a"), Some(vec!["1", "3"]));
    assert_eq!(event.query_string_parameters.first("b"), Some("2"));

    let context = event.request_context;
    assert_eq!(context.event_type.as_deref(), Some("CONNECT"));
    assert_eq!(context.stage.as_deref(), Some(api.stage.as_str()));
    assert_eq!(context.identity.source_ip.as_deref(), Some("127.0.0.1"));
    assert_eq!(context.identity.user_agent.as_deref(), Some("test/1"));
    assert!((api.now() - context.connected_at).abs() < 10_000, "{}", context.connected_at);
    assert!((api.now() - context.request_time_epoch).abs() < 10_000, "{}", context.request_time_epoch);
    for given in [context.connection_id, context.request_id, context.domain_name, context.apiid, context.request_time] {
        assert!(given.is_some_and(|given| !given.is_empty()));
    }
}

#[tokio::test]
async fn connect_refuses_with_its_status() {
    for code in [401, 403] {
        let mut api = Setup::new().on_connect(move |_| async move { status(code) }).start().await;
        let seen = i64::from(refused(&api).await.0);
        if code == 403 {
            assert_eq!(seen, 403);
        } else {
            api.implementation.assert(seen == code, Known::EveryRefusalIs403, seen);
        }
        api.event("$connect").await;
        api.nothing_more().await;
    }
}

#[tokio::test]
async fn a_connect_that_fails_is_no_connection() {
    let mut api = Setup::new().on_connect(|_| async { Err("secret detail".into()) }).start().await;
    let (code, body) = refused(&api).await;
    assert!(!body.contains("secret detail"));
    api.implementation.assert((500..600).contains(&code), Known::EveryRefusalIs403, code);
    api.event("$connect").await;
    api.nothing_more().await;
}

#[tokio::test]
async fn connect_chooses_the_subprotocol() {
    let setup = Setup::new().on_connect(|_| async {
        let mut response = status(200)?;
        response.headers.insert("Sec-WebSocket-Protocol", "stepcast.v1".parse()?);
        Ok(response)
    });
    let api = setup.start().await;
    let offered = [("sec-websocket-protocol", "stepcast.v1, stepcast.token.T")];
    let answered = handshake(&api, &offered).await.map(|(_, response)| response.headers().clone());
    let chosen = answered.as_ref().is_ok_and(|headers| headers["sec-websocket-protocol"] == "stepcast.v1");
    api.implementation.assert(chosen, Known::NoSubprotocol, answered);
}

#[tokio::test]
async fn a_connection_is_gone_until_connect_has_returned() {
    let management = Arc::new(OnceLock::<aws_sdk_apigatewaymanagement::Client>::new());
    let setup = Setup::new().on_connect({
        let management = management.clone();
        move |event| {
            let management = management.clone();
            async move {
                let management = management.get().expect("a client");
                let post = management.post_to_connection().connection_id(connection_of(&event)).data(vec![b'x'].into());
                let refused =
                    post.send().await.err().map(aws_sdk_apigatewaymanagement::error::SdkError::into_service_error);
                // An assertion that fails here would only make the function fail.
                status(if refused.is_some_and(|error| error.is_gone_exception()) { 200 } else { 403 })
            }
        }
    });
    let mut api = setup.start_with(|client| management.set(client).expect("set once")).await;
    let mut client = Client::connect(&mut api).await;
    api.post(&client.id, "hello").await.expect("now it is there");
    assert_eq!(client.text().await, "hello");
}

#[tokio::test]
async fn every_connection_has_an_id_of_its_own() {
    let mut api = Setup::new().start().await;
    let mut first = Client::connect(&mut api).await;
    let mut second = Client::connect(&mut api).await;
    assert_ne!(first.id, second.id);
    api.post(&second.id, "two").await.expect("taken");
    api.post(&first.id, "one").await.expect("taken");
    assert_eq!((first.text().await, second.text().await), ("one".to_owned(), "two".to_owned()));
}
