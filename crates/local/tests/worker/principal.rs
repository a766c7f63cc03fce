//! What one principal may use, and when there is room again.

use crate::visitor::Visitor;
use crate::world::{World, batch, planning, test};
use serde_json::{Value, json};
use std::time::Duration;
use stepcast_platform::{Platform, PrincipalLimits};
use stepcast_protocol::event::Role;

const HOUR: Duration = Duration::from_hours(1);

async fn token(platform: &Platform, principal: &str) -> String {
    platform.keys.signer().await.expect("the secret").issue(principal, Role::Runner, HOUR * 24).token
}

fn limits(change: impl Fn(&mut PrincipalLimits)) -> PrincipalLimits {
    let mut limits = PrincipalLimits::default();
    change(&mut limits);
    limits
}

#[tokio::test]
async fn commands_are_counted_over_ten_seconds_and_by_principal() {
    let world = World::start().await;
    let platform = world.platform_with(limits(|limits| limits.commands_per_s = 2)).await;
    let visitor = |connection| Visitor { world: &world, platform: &platform, connection };
    let (ana, ana_elsewhere, ben) = (visitor("ana-1"), visitor("ana-2"), visitor("ben"));
    for (visitor, principal) in [(ana, "ana"), (ana_elsewhere, "ana"), (ben, "ben")] {
        assert_eq!(visitor.connect(&token(&platform, principal).await).await, 200);
    }
    let ask = json!({ "action": "jobs" });
    world.wait(Duration::from_secs(4));
    for _ in 0..10 {
        assert_eq!(ana.ask(ask.clone()).await["type"], "jobs", "a burst passes");
        assert_eq!(ana_elsewhere.ask(ask.clone()).await["type"], "jobs");
    }
    let refused = ana.ask(ask.clone()).await;
    assert_eq!((&refused["code"], &refused["temporary"]), (&json!("rate_limited"), &json!(true)));
    let message = "`ana` sent more than 20 commands in 10s, which is 2 a second; this one was not carried out, send it \
                   again in 6s";
    assert_eq!(refused["message"], message);
    let suite = json!({ "suite": "Example", "tests": [{ "name": "Page", "get": "https://shop.example/" }] });
    assert_eq!(ana_elsewhere.ask(json!({ "action": "suites.put", "suite": suite })).await["code"], "rate_limited");
    assert_eq!(ana.ask(json!({ "action": "ping" })).await["type"], "pong", "the connection can be kept");
    assert_eq!(ben.ask(ask.clone()).await["type"], "jobs", "others are not concerned");
    assert_eq!(ben.ask(json!({ "action": "suites.list" })).await["suites"], json!([]), "nothing was done");
    world.wait(Duration::from_secs(6));
    assert_eq!(ana.ask(ask).await["type"], "jobs");
}

#[tokio::test]
async fn connections_are_counted_until_they_end_or_must_have_ended() {
    let world = World::start().await;
    let platform = world.platform_with(limits(|limits| limits.connections = 2)).await;
    let (ana, ben) = (token(&platform, "ana").await, token(&platform, "ben").await);
    let visitor = |connection| Visitor { world: &world, platform: &platform, connection };
    assert_eq!(visitor("1").connect(&ana).await, 200);
    world.wait(HOUR);
    assert_eq!(visitor("2").connect(&ana).await, 200);
    assert_eq!(visitor("3").connect(&ana).await, 429);
    assert_eq!(visitor("3").connect(&ben).await, 200, "others are not concerned");
    visitor("2").disconnect().await;
    assert_eq!(visitor("4").connect(&ana).await, 200);
    assert_eq!(visitor("5").connect(&ana).await, 429);
    // Of the first nothing was heard any more, as when `$disconnect` was not invoked. No connection lives for longer than
    // two hours.
    world.wait(HOUR + Duration::from_mins(15));
    assert_eq!(visitor("5").connect(&ana).await, 200);
    assert_eq!(visitor("6").connect(&ana).await, 429, "the one of an hour ago is there");
}

#[tokio::test]
async fn a_job_counts_until_its_verdict() {
    let world = World::start().await;
    let platform = world.platform_with(limits(|limits| limits.open_jobs = 1)).await;
    // The world's job is one of `ci`.
    world
        .store(&[json!({ "name": "Page", "get": format!("{}/page", world.site), "expect": [{ "status": 200 }] })])
        .await;
    let ci = Visitor { world: &world, platform: &platform, connection: "ci" };
    assert_eq!(ci.connect(&token(&platform, "ci").await).await, 200);
    let run = |name: &str| -> Value {
        let test = json!({ "name": "Page", "get": "https://shop.example/" });
        json!({ "action": "run", "suite": { "suite": name, "tests": [test] } })
    };
    assert_eq!(ci.ask(run("Second")).await["code"], "rate_limited");
    let worker = world.worker();
    worker.handle(batch(&[planning()]), None).await;
    assert_eq!(ci.ask(run("Second")).await["code"], "rate_limited", "it is planned, and open");
    worker.handle(batch(&[test(0)]), None).await;
    assert_eq!(ci.ask(run("Second")).await["type"], "job.accepted");
    assert_eq!(ci.ask(run("Third")).await["code"], "rate_limited");
}
