//! Jobs that everyone with a link can see.

use serde_json::{Value, json};
use stepcast_tests::events::{fold, is_end_of, page, suite};
use stepcast_tests::{Client, Deployment, Site};

async fn shared(client: &mut Client, job: &str) -> Value {
    let shared = client.ask(json!({ "action": "share", "job": job })).await;
    assert_eq!((&shared["type"], &shared["job"]), (&json!("shared"), &json!(job)), "{shared}");
    shared
}

async fn by_link(deployment: &Deployment, shared: &Value) -> Client {
    Client::connect(&deployment.ws, shared["token"].as_str().expect("a token")).await
}

#[tokio::test]
async fn a_link_shows_its_job_as_it_runs_and_nothing_else() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut ana = Client::connect(&deployment.ws, &deployment.token_of("ana", "runner")).await;
    let mut admin = deployment.client().await;
    let other = ana.run(suite(&[page("Other", &format!("{}/page/x", site.base))])).await;
    ana.until(is_end_of(&other)).await;
    let job = ana.run(suite(&[page("Held", &format!("{}/held/x", site.base))])).await;
    site.asked_for("/held/x").await;

    let mut guest = by_link(&deployment, &shared(&mut ana, &job).await).await;
    let welcome = guest.ask(json!({ "action": "hello" })).await;
    assert_eq!((&welcome["role"], &welcome["job"]), (&json!("viewer"), &json!(job)));
    assert_ne!(welcome["principal"], "ana", "use of the link does not count as hers");
    for command in [
        json!({ "action": "watch", "job": other }),
        json!({ "action": "watch", "feed": true }),
        json!({ "action": "unwatch", "feed": true }),
        json!({ "action": "job", "job": other }),
        json!({ "action": "jobs" }),
        json!({ "action": "comment", "job": job, "text": "hello" }),
        json!({ "action": "cancel", "job": job }),
        json!({ "action": "replay", "job": job }),
        json!({ "action": "share", "job": job }),
        json!({ "action": "run", "suite": suite(&[page("Mine", &site.base)]) }),
        json!({ "action": "suites.list" }),
        json!({ "action": "suites.get", "name": "Example" }),
        json!({ "action": "connections" }),
        json!({ "action": "tokens.revoked" }),
    ] {
        let answer = guest.ask(command.clone()).await;
        assert_eq!(answer["code"], "forbidden", "{command}: {answer}");
        assert!(answer["message"].as_str().is_some_and(|message| message.contains(&job)), "{answer}");
    }

    let mut heard = vec![guest.ask(json!({ "action": "watch", "job": job })).await];
    assert_eq!(heard[0]["type"], "job.state");
    admin.ask(json!({ "action": "broadcast", "text": "the fire drill is at noon" })).await;
    site.release("x");
    heard = guest.until_complete(&job, heard).await;
    assert_eq!(fold(&job, &heard).summary.expect("the job").counts.passed, 1);
    assert!(heard.iter().all(|event| event["type"] != "notice"), "notices are not for guests: {heard:?}");
    assert_eq!(guest.job(&job).await["verdict"], "passed");
    assert_eq!(guest.ask(json!({ "action": "unwatch", "job": job })).await["type"], "ok");
    guest.send(json!({ "action": "hello" })).await;
    guest.until_type("welcome").await;
    guest.send(json!({ "action": "ping" })).await;
    let after = guest.until_type("pong").await;
    assert!(after.iter().all(|event| event["type"] != "notice"), "nor are those of the day: {after:?}");
    deployment.stop().await;
}

#[tokio::test]
async fn only_the_owner_or_an_admin_shares_a_job() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut ana = Client::connect(&deployment.ws, &deployment.token_of("ana", "runner")).await;
    let mut ben = Client::connect(&deployment.ws, &deployment.token_of("ben", "runner")).await;
    let mut viewer = Client::connect(&deployment.ws, &deployment.token_of("ana", "viewer")).await;
    let mut admin = deployment.client().await;
    let job = ana.run(suite(&[page("Page", &format!("{}/page/x", site.base))])).await;
    ana.until(is_end_of(&job)).await;
    let share = json!({ "action": "share", "job": job, "expires_s": 60 });
    for client in [&mut ben, &mut viewer] {
        assert_eq!(client.ask(share.clone()).await["code"], "forbidden");
    }
    assert_eq!(ana.ask(share.clone()).await["type"], "shared");
    assert_eq!(admin.ask(share).await["type"], "shared");
    assert_eq!(ana.ask(json!({ "action": "share", "job": "nope" })).await["code"], "not_found");
    for expires_s in [0, 365 * 24 * 3_600 + 1] {
        let wrong = json!({ "action": "share", "job": job, "expires_s": expires_s });
        assert_eq!(ana.ask_wrongly(wrong).await["code"], "bad_request", "{expires_s}");
    }
    deployment.stop().await;
}

#[tokio::test]
async fn a_link_is_revoked_like_any_token() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut admin = deployment.client().await;
    let job = admin.run(suite(&[page("Page", &format!("{}/page/x", site.base))])).await;
    admin.until(is_end_of(&job)).await;
    let shared = shared(&mut admin, &job).await;
    let mut guest = by_link(&deployment, &shared).await;
    admin.ask(json!({ "action": "tokens.revoke", "token": shared["id"] })).await;
    let bye = guest.until_type("bye").await.pop().expect("the goodbye");
    assert_eq!((&bye["code"], &bye["reconnect"]), (&json!("token_revoked"), &json!(false)));
    deployment.stop().await;
}

#[tokio::test]
async fn the_command_prints_a_link_with_the_token_in_its_fragment() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut admin = deployment.client().await;
    let job = admin.run(suite(&[page("Page", &format!("{}/page/x", site.base))])).await;
    admin.until(is_end_of(&job)).await;
    let ran = deployment.run(&["share", &job, "--expires", "2d"]).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (page, token) = ran.stdout.trim().split_once("/#/share/").expect("a link");
    assert!(page.starts_with("http://") && !page.contains('?'), "{page}");
    assert!(ran.stderr.contains("`stepcast token revoke "), "{}", ran.stderr);
    assert!(!ran.stderr.contains(token), "the token is data");
    let mut guest = Client::connect(&deployment.ws, token).await;
    assert_eq!(guest.job(&job).await["verdict"], "passed");
    assert_eq!(deployment.run(&["share", &job, "--expires", "400d"]).await.code, 2);
    deployment.stop().await;
}
