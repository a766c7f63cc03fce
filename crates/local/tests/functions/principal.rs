//! The limits of one principal, and when there is room again.

use crate::visitor::Visitor;
use crate::world::{JOB, SILENT, World, batch, id, planning, test};
use serde_json::{Value, json};
use std::time::Duration;
use stepcast_platform::{Platform, PrincipalLimits};
use stepcast_protocol::Verdict;
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
    // The first connection never ended, as if `$disconnect` had not been invoked. No connection lives for longer than
    // two hours.
    world.wait(HOUR + Duration::from_mins(15));
    assert_eq!(visitor("5").connect(&ana).await, 200);
    assert_eq!(visitor("6").connect(&ana).await, 429, "the one of an hour ago is there");
}

#[tokio::test]
async fn a_job_counts_until_its_verdict() {
    let world = World::start().await;
    let platform = world.platform_with(limits(|limits| limits.open_jobs = 1)).await;
    // The world's job belongs to `ci`.
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

/// Carries out everything that is queued, one after the other.
async fn work_off(world: &World) {
    let worker = world.worker();
    loop {
        let queued = world.queued().await;
        if queued.is_empty() {
            return;
        }
        for work in queued {
            worker.handle(batch(&[work]), None).await;
        }
    }
}

/// Returns a step that requests a page of its own: tests that request the same page may share an answer.
fn step(world: &World, test: &str, number: u32) -> Value {
    json!({ "get": format!("{}/page?{test}-{number}", world.site), "expect": [{ "status": 200 }] })
}

#[tokio::test]
async fn a_job_stops_after_as_many_requests_as_it_may_make_and_so_does_its_replay() {
    let world = World::start().await;
    let platform = world.platform_with(limits(|limits| limits.requests_per_job = 3)).await;
    let ana = Visitor { world: &world, platform: &platform, connection: "ana" };
    assert_eq!(ana.connect(&token(&platform, "ana").await).await, 200);
    let test = |name: &str| json!({ "name": name, "steps": [step(&world, name, 1), step(&world, name, 2)] });
    let run = json!({ "action": "run", "suite": { "suite": "Example", "tests": [test("1"), test("2"), test("3")] } });
    let accepted = ana.ask(run).await;
    let replay = json!({ "action": "replay", "job": accepted["job"] });
    for accepted in [accepted, ana.ask(replay).await] {
        let job = accepted["job"].as_str().unwrap_or_else(|| panic!("{accepted}"));
        work_off(&world).await;
        let ended = platform.table.job(&id(job)).await.expect("the table").expect("the job");
        assert_eq!((ended.counts.passed, ended.counts.cancelled, ended.requests), (1, 2, 3), "{ended:?}");
        assert_eq!(ended.verdict, Some(Verdict::Errored));
        let problem = ended.problem.expect("a reason");
        assert!(problem.starts_with("the job was stopped after 3 requests, the most that a job may make"), "{problem}");
    }
}

#[tokio::test]
async fn a_job_may_make_as_many_requests_as_it_is_allowed() {
    let world = World::start().await;
    let platform = world.platform_with(limits(|limits| limits.requests_per_job = 2)).await;
    let ana = Visitor { world: &world, platform: &platform, connection: "ana" };
    assert_eq!(ana.connect(&token(&platform, "ana").await).await, 200);
    let steps = [step(&world, "both", 1), step(&world, "both", 2)];
    let suite = json!({ "suite": "Example", "tests": [{ "name": "Both", "steps": steps }] });
    let accepted = ana.ask(json!({ "action": "run", "suite": suite })).await;
    work_off(&world).await;
    let job = accepted["job"].as_str().expect("a job");
    let ended = platform.table.job(&id(job)).await.expect("the table").expect("the job");
    assert_eq!((ended.verdict, ended.problem), (Some(Verdict::Passed), None));
}

#[tokio::test]
async fn redirects_links_and_the_pages_that_are_looked_through_are_requests_like_any_other() {
    let world = World::start().await;
    let platform = world.platform();
    let ana = Visitor { world: &world, platform: &platform, connection: "ana" };
    assert_eq!(ana.connect(&token(&platform, "ana").await).await, 200);
    let site = &world.site;
    for (test, requests) in [
        (json!({ "name": "Redirect", "get": format!("{site}/moved"), "expect": [{ "status": 200 }] }), 2),
        (json!({ "name": "Links", "get": format!("{site}/links"), "expect": [{ "links": { "scope": "all" } }] }), 4),
        // The first page is requested for its links, then it and three others as tests.
        (
            json!({
                "name": "Found", "discover": { "links": format!("{site}/links"), "depth": 1, "robots": "ignore" },
                "expect": [{ "status": 200 }],
            }),
            5,
        ),
    ] {
        let accepted = ana.ask(json!({ "action": "run", "suite": { "suite": "Example", "tests": [test] } })).await;
        work_off(&world).await;
        let job = accepted["job"].as_str().unwrap_or_else(|| panic!("{accepted}"));
        let ended = platform.table.job(&id(job)).await.expect("the table").expect("the job");
        assert_eq!((ended.verdict, ended.requests), (Some(Verdict::Passed), requests), "{test}");
    }
}

#[tokio::test]
async fn a_job_that_uses_up_its_requests_looking_for_pages_ends_there() {
    let world = World::start().await;
    let platform = world.platform_with(limits(|limits| limits.requests_per_job = 1)).await;
    let ana = Visitor { world: &world, platform: &platform, connection: "ana" };
    assert_eq!(ana.connect(&token(&platform, "ana").await).await, 200);
    let discover = json!({ "links": format!("{}/never", world.site), "robots": "ignore" });
    let test = json!({ "name": "Found", "discover": discover, "expect": [{ "status": 200 }] });
    let accepted = ana.ask(json!({ "action": "run", "suite": { "suite": "Example", "tests": [test] } })).await;
    work_off(&world).await;
    let job = accepted["job"].as_str().unwrap_or_else(|| panic!("{accepted}"));
    let ended = platform.table.job(&id(job)).await.expect("the table").expect("the job");
    assert_eq!(ended.verdict, Some(Verdict::Errored));
    let problem = ended.problem.expect("a reason");
    assert!(problem.starts_with("the job was stopped after 1 request, the most that a job may make"), "{problem}");
}

#[tokio::test]
async fn invalid_commands_are_counted_and_ping_has_its_own_count() {
    let world = World::start().await;
    let platform = world.platform_with(limits(|limits| limits.commands_per_s = 1)).await;
    let ana = Visitor { world: &world, platform: &platform, connection: "ana" };
    assert_eq!(ana.connect(&token(&platform, "ana").await).await, 200);
    for number in 0..10 {
        let said = if number % 2 == 0 { "{" } else { r#"{"action":"dance"}"# };
        assert_eq!(ana.say(said).await["code"], "bad_request");
    }
    for said in ["{", r#"{"action":"dance"}"#, r#"{"action":"jobs"}"#] {
        assert_eq!(ana.say(said).await["code"], "rate_limited", "{said}");
    }
    for _ in 0..10 {
        assert_eq!(ana.ask(json!({ "action": "ping" })).await["type"], "pong");
    }
    let refused = ana.ask(json!({ "action": "ping", "id": 7 })).await;
    assert_eq!((&refused["code"], &refused["re"]), (&json!("rate_limited"), &json!(7)));
    world.wait(Duration::from_secs(10));
    assert_eq!(ana.ask(json!({ "action": "ping" })).await["type"], "pong");
    assert_eq!(ana.say("{").await["code"], "bad_request");
}

/// Returns a link to the world's job, which belongs to `ci`.
async fn link(platform: &Platform) -> String {
    platform.keys.signer().await.expect("the secret").share(&id(JOB), HOUR, false).token
}

#[tokio::test]
async fn link_connections_count_for_the_owner_but_do_not_lock_the_owner_out() {
    let world = World::start().await;
    world.store(&[]).await;
    let platform = world.platform_with(limits(|limits| limits.connections = 3)).await;
    let visitor = |connection| Visitor { world: &world, platform: &platform, connection };
    let owner = token(&platform, "ci").await;
    assert_eq!(visitor("own-1").connect(&owner).await, 200);
    for guest in ["guest-1", "guest-2"] {
        assert_eq!(visitor(guest).connect(&link(&platform).await).await, 200);
    }
    assert_eq!(visitor("guest-3").connect(&link(&platform).await).await, 429, "another link is no way around it");
    assert_eq!(visitor("own-2").connect(&owner).await, 200, "guests take nothing from the owner");
    assert_eq!(visitor("own-3").connect(&owner).await, 200);
    assert_eq!(visitor("own-4").connect(&owner).await, 429);
    for gone in ["own-1", "own-2", "guest-1"] {
        visitor(gone).disconnect().await;
    }
    assert_eq!(visitor("guest-3").connect(&link(&platform).await).await, 200);
}

#[tokio::test]
async fn links_share_the_commands_of_all_links_of_the_owner() {
    let world = World::start().await;
    world.store(&[]).await;
    let platform = world.platform_with(limits(|limits| limits.commands_per_s = 1)).await;
    let visitor = |connection| Visitor { world: &world, platform: &platform, connection };
    for guest in ["guest-1", "guest-2"] {
        assert_eq!(visitor(guest).connect(&link(&platform).await).await, 200);
    }
    assert_eq!(visitor("own").connect(&token(&platform, "ci").await).await, 200);
    let look = json!({ "action": "job", "job": JOB });
    for number in 0..10 {
        let guest = visitor(if number % 2 == 0 { "guest-1" } else { "guest-2" });
        assert_eq!(guest.ask(look.clone()).await["type"], "job.state");
    }
    for guest in ["guest-1", "guest-2"] {
        let refused = visitor(guest).ask(look.clone()).await;
        assert!(
            refused["message"].as_str().is_some_and(|said| said.starts_with("`links to jobs of ci` sent")),
            "{refused}"
        );
    }
    assert_eq!(visitor("own").ask(look).await["type"], "job.state", "and none of the owner's");
}

#[tokio::test]
async fn an_unknown_connection_is_rejected_and_ended() {
    let world = World::start().await;
    let platform = world.platform();
    let stranger = Visitor { world: &world, platform: &platform, connection: "stranger" };
    for said in ["{", r#"{"action":"jobs"}"#] {
        assert_eq!(stranger.say(said).await["code"], "unauthorized");
    }
    assert_eq!(world.ended(), ["stranger", "stranger"]);
}

#[tokio::test]
async fn an_unread_answer_is_dropped_and_the_client_is_asked_to_retry() {
    let world = World::start().await;
    let platform = world.platform();
    let silent = Visitor { world: &world, platform: &platform, connection: SILENT };
    assert_eq!(silent.connect(&token(&platform, "ana").await).await, 200);
    let answer = silent.ask(json!({ "action": "jobs", "id": 7 })).await;
    assert_eq!(
        (&answer["type"], &answer["code"], &answer["re"]),
        (&json!("error"), &json!("unavailable"), &json!(7)),
        "{answer}"
    );
    let offered = world.heard_by(SILENT);
    let jobs = offered.iter().filter(|event| event["type"] == "jobs").count();
    assert!((2..20).contains(&jobs), "offered {jobs} times, with longer and longer pauses");
}
