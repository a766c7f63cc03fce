//! Jobs run again.

use serde_json::{Value, json};
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Client, Deployment, Site};

async fn job_of(client: &mut Client, command: Value) -> String {
    let accepted = client.ask(command).await;
    assert_eq!(accepted["type"], "job.accepted", "{accepted}");
    accepted["job"].as_str().expect("a job").to_owned()
}

async fn verdict(client: &mut Client, job: &str) -> Value {
    client.until(is_end_of(job)).await.pop().expect("the verdict")["verdict"].clone()
}

#[tokio::test]
async fn a_replay_of_failed_tests_runs_only_those_with_the_same_values() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let good = page("Good", &format!("{}/page/good", site.base));
    let bad = json!({ "name": "Bad", "get": "${base}/echo?text=${secret.word}", "expect": [{ "body": "never" }] });
    let run = json!({
        "action": "run", "suite": suite(&[good, bad]), "vars": { "base": site.base }, "secrets": { "word": "swordfish" },
        "labels": { "branch": "main" },
    });
    let first = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&first)).await;
    let replay = client.ask(json!({ "action": "replay", "job": first, "only": "failed" })).await;
    assert_eq!((&replay["type"], &replay["labels"]["branch"]), (&json!("job.accepted"), &json!("main")));
    let second = replay["job"].as_str().expect("a job").to_owned();
    let finished = client.until(is_end_of(&second)).await.pop().expect("the verdict");
    assert_eq!((&finished["counts"]["total"], &finished["counts"]["failed"]), (&json!(1), &json!(1)), "{finished}");
    assert_eq!(site.hits("/page/good"), 1);
    let passing = client.run(suite(&[page("Good", &format!("{}/page/good", site.base))])).await;
    client.until(is_end_of(&passing)).await;
    let nothing = client.ask(json!({ "action": "replay", "job": passing, "only": "failed" })).await;
    assert_eq!(nothing["code"], "conflict");
    deployment.stop().await;
}

#[tokio::test]
async fn a_replay_may_have_other_values_and_names_the_job_it_repeats() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut ana = Client::connect(&deployment.ws, &deployment.token_of("ana", "runner")).await;
    let echo = json!({
        "name": "Echo", "get": "${base}/${page}?text=${secret.word}-${kept}",
        "expect": [{ "status": 200 }, { "css": "body", "text": { "contains": "tunafish-same" } }],
    });
    let mut asked = suite(&[echo]);
    asked["vars"] = json!({ "page": "status/404", "kept": "" });
    let run = json!({
        "action": "run", "suite": asked, "vars": { "base": site.base, "kept": "same" }, "secrets": { "word": "swordfish" },
    });
    let first = job_of(&mut ana, run).await;
    assert_eq!(verdict(&mut ana, &first).await, "failed");
    let replay = |job: &str| json!({ "action": "replay", "job": job, "vars": { "page": "echo" } });
    let second = job_of(&mut ana, replay(&first)).await;
    assert_eq!(verdict(&mut ana, &second).await, "failed", "the secret is still the old one");
    let replay = json!({ "action": "replay", "job": second, "secrets": { "word": "tunafish" } });
    let third = job_of(&mut ana, replay).await;
    assert_eq!(verdict(&mut ana, &third).await, "passed", "with the variable of the second and a secret of its own");
    assert_eq!(ana.job(&third).await["replay_of"], json!(second));
    assert_eq!(ana.job(&first).await["replay_of"], Value::Null);
    deployment.stop().await;
}

/// A variable can determine the target of a request, and so of the secrets in it.
#[tokio::test]
async fn secrets_of_another_owner_do_not_go_elsewhere() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut ana = Client::connect(&deployment.ws, &deployment.token_of("ana", "runner")).await;
    let mut admin = deployment.client().await;
    let echo = json!({ "name": "Echo", "get": "${base}/echo?text=${secret.word}", "expect": [{ "status": 200 }] });
    let run = json!({
        "action": "run", "suite": suite(&[echo]), "vars": { "base": site.base }, "secrets": { "word": "swordfish" },
    });
    let job = job_of(&mut ana, run).await;
    assert_eq!(verdict(&mut ana, &job).await, "passed");
    let elsewhere = json!({ "action": "replay", "job": job, "vars": { "base": format!("{}/page", site.base) } });
    let refused = admin.ask(elsewhere.clone()).await;
    assert_eq!(refused["code"], "forbidden");
    assert!(refused["message"].as_str().is_some_and(|said| said.contains("secrets of `ana`")), "{refused}");
    let again = job_of(&mut admin, json!({ "action": "replay", "job": job })).await;
    assert_eq!(verdict(&mut admin, &again).await, "passed");
    assert_eq!(site.hits("/page/echo"), 0);
    job_of(&mut ana, elsewhere).await;
    let plain = job_of(
        &mut ana,
        json!({ "action": "run", "suite": suite(&[page("Page", "${base}/page/x")]), "vars": { "base": site.base } }),
    )
    .await;
    let elsewhere =
        json!({ "action": "replay", "job": plain, "vars": { "base": format!("{}/status/404?", site.base) } });
    job_of(&mut admin, elsewhere).await;
    deployment.stop().await;
}

/// The replay is the admin's own job; the secrets in it are not.
#[tokio::test]
async fn secrets_stay_their_owners_through_any_number_of_replays() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut ana = Client::connect(&deployment.ws, &deployment.token_of("ana", "runner")).await;
    let mut admin = deployment.client().await;
    let echo =
        json!({ "name": "Echo", "get": "${secret.base}/${page}?text=${secret.word}", "expect": [{ "status": 200 }] });
    let run = json!({
        "action": "run", "suite": suite(&[echo]), "vars": { "page": "page/x" },
        "secrets": { "base": site.base, "word": "swordfish" },
    });
    let first = job_of(&mut ana, run).await;
    assert_eq!(verdict(&mut ana, &first).await, "passed");
    let (elsewhere, trap) = (format!("{}/status/404?", site.base), json!({ "page": "echo" }));
    let mut job = first.clone();
    for depth in 0..3 {
        for values in
            [json!({ "vars": trap }), json!({ "secrets": { "base": elsewhere } }), json!({ "secrets": { "new": "x" } })]
        {
            let mut replay = json!({ "action": "replay", "job": job });
            replay.as_object_mut().expect("an object").extend(values.as_object().expect("values").clone());
            assert_eq!(admin.ask(replay).await["code"], "forbidden", "{values} after {depth} replays");
        }
        job = job_of(&mut admin, json!({ "action": "replay", "job": job })).await;
        assert_eq!(verdict(&mut admin, &job).await, "passed");
    }
    assert_eq!((site.hits("/page/echo"), site.hits("/status/404")), (0, 0));
    let others = ana.ask(json!({ "action": "replay", "job": job, "vars": trap })).await;
    assert_eq!(others["code"], "forbidden", "the job is the admin's");

    let own = job_of(&mut ana, json!({ "action": "replay", "job": first, "vars": { "page": "page/y" } })).await;
    assert_eq!(verdict(&mut ana, &own).await, "passed");
    let replay =
        json!({ "action": "replay", "job": own, "secrets": { "word": "tunafish" }, "vars": { "page": "page/z" } });
    let own = job_of(&mut ana, replay).await;
    assert_eq!(verdict(&mut ana, &own).await, "passed");
    assert_eq!(site.hits("/page/z"), 1);
    deployment.stop().await;
}

/// A proxy can read what is sent through it.
#[tokio::test]
async fn secrets_of_another_principal_do_not_go_through_another_proxy() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut ana = Client::connect(&deployment.ws, &deployment.token_of("ana", "runner")).await;
    let mut admin = deployment.client().await;
    let mut asked = suite(&[json!({
        "name": "Page", "get": "http://shop.example/page/x?${secret.word}", "expect": [{ "status": 200 }],
    })]);
    asked["defaults"] = json!({ "proxy": "${secret.proxy}" });
    let secrets = json!({ "proxy": site.base, "word": "swordfish" });
    let job = job_of(&mut ana, json!({ "action": "run", "suite": asked, "secrets": secrets })).await;
    ana.until(is_end_of(&job)).await;
    let again = job_of(&mut admin, json!({ "action": "replay", "job": job })).await;
    admin.until(is_end_of(&again)).await;
    let other = json!({ "proxy": "http://127.0.0.1:9" });
    for job in [job, again] {
        let replay = json!({ "action": "replay", "job": job, "secrets": other });
        assert_eq!(admin.ask(replay).await["code"], "forbidden");
    }
    deployment.stop().await;
}
