//! A token that is revoked while a client connects with it.

use crate::visitor::Visitor;
use crate::world::World;
use crate::world::id;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use stepcast_platform::Platform;
use stepcast_protocol::event::Role;

const ADMIN: &str = "admin";
const GUEST: &str = "guest";

/// An admin who revokes a token just before a request of another client.
#[derive(Clone)]
struct Revocation {
    world: Arc<World>,
    platform: Platform,
    token: String,
    before: usize,
    requests: Arc<AtomicUsize>,
}

impl Revocation {
    async fn happen(&self) {
        let admin = Visitor { world: &self.world, platform: &self.platform, connection: ADMIN };
        let answer = admin.ask(json!({ "action": "tokens.revoke", "token": self.token })).await;
        assert_eq!(answer["type"], "token.revoked", "{answer}");
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn count(State(revocation): State<Revocation>, request: Request, next: Next) -> Response {
    if revocation.requests.fetch_add(1, Ordering::SeqCst) + 1 == revocation.before {
        revocation.happen().await;
    }
    next.run(request).await
}

/// Until `$connect` has returned, the gateway has no connection that could be written to or closed.
async fn not_there_yet(request: Request, next: Next) -> Response {
    if request.uri().path().ends_with(GUEST) {
        return StatusCode::GONE.into_response();
    }
    next.run(request).await
}

/// Connects with a token that is revoked just before request number `before` of `$connect`, or after the last one if
/// there are fewer. Returns the number of requests.
async fn revoked_before(before: usize) -> usize {
    let world = Arc::new(World::start().await);
    let config = world.services.serve_behind(|service| service.layer(from_fn(not_there_yet))).await;
    let platform = Platform::connect(&config, world.clock_ahead(Duration::ZERO)).await;
    let signer = platform.keys.signer().await.expect("the secret");
    let admins = signer.issue(ADMIN, Role::Admin, Duration::from_hours(1));
    let guests = signer.issue(GUEST, Role::Runner, Duration::from_hours(1));
    let admin = Visitor { world: &world, platform: &platform, connection: ADMIN };
    assert_eq!(admin.connect(&admins.token).await, 200);

    let (world, platform, token, requests) = (world.clone(), platform.clone(), guests.id, Arc::default());
    let revocation = Revocation { world, platform, token, before, requests };
    let Revocation { world, platform, .. } = &revocation;
    let counted = from_fn_with_state(revocation.clone(), count);
    let config = world.services.serve_behind(|service| service.layer(counted.clone())).await;
    let met = Platform::connect(&config, world.clock_ahead(Duration::ZERO)).await;
    let status = Visitor { world, platform: &met, connection: GUEST }.connect(&guests.token).await;
    if revocation.requests() < before {
        assert_eq!(status, 200, "it was not revoked yet");
        revocation.happen().await;
    }
    let known = platform.table.connection(&id(GUEST)).await.expect("the table");
    assert_eq!(known, None, "revoked before request {before} of {}, answered {status}", revocation.requests());
    revocation.requests()
}

#[tokio::test]
async fn a_connection_opened_during_the_revocation_is_ended() {
    let mut before = 1;
    while revoked_before(before).await >= before {
        before += 1;
    }
    assert!(before > 2, "`$connect` notes and asks");
}
