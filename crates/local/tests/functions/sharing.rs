//! How long a link to a job is valid.

use crate::visitor::Visitor;
use crate::world::{JOB, World};
use serde_json::json;
use std::time::Duration;
use stepcast_platform::Platform;
use stepcast_protocol::event::Role;

const DAY: Duration = Duration::from_hours(24);

/// Shares the world's job as an admin; returns the token of the link and its expiry.
async fn share(world: &World, platform: &Platform, expires_s: Option<u64>) -> (String, String) {
    let admin = Visitor { world, platform, connection: "admin" };
    let own = platform.keys.signer().await.expect("the secret").issue("admin", Role::Admin, DAY).token;
    assert_eq!(admin.connect(&own).await, 200);
    let mut share = json!({ "action": "share", "job": JOB });
    if let Some(expires_s) = expires_s {
        share["expires_s"] = json!(expires_s);
    }
    let shared = admin.ask(share).await;
    let text = |name: &str| shared[name].as_str().unwrap_or_else(|| panic!("no {name}: {shared}")).to_owned();
    (text("token"), text("expires_at"))
}

#[tokio::test]
async fn a_link_is_valid_for_a_week_by_default() {
    let world = World::start().await;
    world.store(&[]).await;
    let platform = world.platform();
    let (token, _) = share(&world, &platform, None).await;
    let guest = Visitor { world: &world, platform: &platform, connection: "guest" };
    world.wait(Duration::from_secs(7 * 24 * 3_600 - 1));
    assert_eq!(guest.connect(&token).await, 200);
    guest.disconnect().await;
    world.wait(Duration::from_secs(1));
    assert_eq!(guest.connect(&token).await, 401);
}

#[tokio::test]
async fn a_link_is_valid_no_longer_than_the_job_is_kept() {
    let world = World::start().await;
    world.store(&[]).await;
    let platform = world.platform();
    world.wait(DAY * 29);
    let (token, expires_at) = share(&world, &platform, Some(365 * 24 * 3_600)).await;
    assert_eq!(expires_at, "2027-02-14T08:00:00.000Z", "30 days after the job was stored");
    let guest = Visitor { world: &world, platform: &platform, connection: "guest" };
    assert_eq!(guest.connect(&token).await, 200);
    guest.disconnect().await;
    world.wait(DAY);
    assert_eq!(guest.connect(&token).await, 401);
}
