//! Tokens that are revoked before they expire.

use serde_json::{Value, json};
use stepcast_tests::{Client, Deployment};
use tokio_tungstenite::tungstenite::Error;

/// Returns the ids of the tokens with which a principal is connected.
async fn tokens_of(admin: &mut Client, principal: &str) -> Vec<String> {
    let listed = admin.ask(json!({ "action": "connections" })).await;
    let connections = listed["connections"].as_array().expect("connections").iter();
    let own = connections.filter(|connection| connection["principal"] == principal);
    own.map(|connection| connection["token"].as_str().expect("an id").to_owned()).collect()
}

fn revoke(id: &str) -> Value {
    json!({ "action": "tokens.revoke", "token": id })
}

async fn is_ended(client: &mut Client) {
    let bye = client.until_type("bye").await.pop().expect("the goodbye");
    assert_eq!((&bye["code"], &bye["reconnect"]), (&json!("token_revoked"), &json!(false)));
    client.close_code().await;
}

async fn refusal(deployment: &Deployment, token: &str) -> u16 {
    match Client::try_connect(&deployment.ws, &[("authorization", &format!("Bearer {token}"))]).await {
        Ok(_) => 101,
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_revoked_token_opens_no_connection_and_ends_those_it_opened() {
    let deployment = Deployment::start().await;
    let (leaked, kept) = (deployment.token_of("ana", "runner"), deployment.token_of("ana", "runner"));
    let mut admin = deployment.client().await;
    let mut ended = Client::connect(&deployment.ws, &leaked).await;
    let mut ended_too = Client::connect(&deployment.ws, &leaked).await;
    let ids = tokens_of(&mut admin, "ana").await;
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "both came in with one token");
    let mut other = Client::connect(&deployment.ws, &kept).await;

    assert_eq!(ended.ask(revoke(&ids[0])).await["code"], "forbidden");
    let revoked = admin.ask(revoke(&ids[0])).await;
    assert_eq!((&revoked["type"], &revoked["token"]), (&json!("token.revoked"), &json!(ids[0])));
    is_ended(&mut ended).await;
    is_ended(&mut ended_too).await;
    assert_eq!(refusal(&deployment, &leaked).await, deployment.refusal());
    assert_eq!(other.ask(json!({ "action": "ping" })).await["type"], "pong", "the principal's other token is good");
    assert_eq!(refusal(&deployment, &kept).await, 101);

    assert_eq!(admin.ask(revoke(&ids[0])).await["type"], "token.revoked", "twice is no error");
    let listed = admin.ask(json!({ "action": "tokens.revoked" })).await;
    assert_eq!(listed["tokens"].as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!((&listed["tokens"][0]["token"], &listed["tokens"][0]["principal"]), (&json!(ids[0]), &json!("admin")));
    assert_eq!(other.ask(json!({ "action": "tokens.revoked" })).await["code"], "forbidden");
    deployment.stop().await;
}

#[tokio::test]
async fn an_admin_who_revokes_their_own_token_gets_the_answer_first() {
    let deployment = Deployment::start().await;
    let token = deployment.token_of("eve", "admin");
    let mut eve = Client::connect(&deployment.ws, &token).await;
    let mut elsewhere = Client::connect(&deployment.ws, &token).await;
    let id = tokens_of(&mut eve, "eve").await.remove(0);
    assert_eq!(eve.ask(revoke(&id)).await["type"], "token.revoked");
    is_ended(&mut eve).await;
    is_ended(&mut elsewhere).await;
    assert_eq!(refusal(&deployment, &token).await, deployment.refusal());
    deployment.stop().await;
}

#[tokio::test]
async fn the_command_revokes_and_lists() {
    let deployment = Deployment::start().await;
    let mut admin = deployment.client().await;
    let mut ana = Client::connect(&deployment.ws, &deployment.token_of("ana", "viewer")).await;
    let id = tokens_of(&mut admin, "ana").await.remove(0);
    let revoked = deployment.run(&["token", "revoke", &id]).await;
    assert_eq!((revoked.code, revoked.stdout.as_str()), (0, ""), "{}", revoked.stderr);
    is_ended(&mut ana).await;
    let listed = deployment.run(&["token", "revoked"]).await;
    assert!(listed.stdout.starts_with(&id) && listed.stdout.lines().count() == 1, "{}", listed.stdout);

    let token = "x".repeat(257);
    let wrong = deployment.run(&["token", "revoke", &token]).await;
    assert_eq!(wrong.code, 2, "{}", wrong.stderr);
    assert!(wrong.stderr.contains("its `jti`, not the token itself"), "{}", wrong.stderr);
    assert_eq!(admin.ask_wrongly(revoke("")).await["code"], "bad_request");
    deployment.stop().await;
}
