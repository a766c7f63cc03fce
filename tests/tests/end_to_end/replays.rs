//! Jobs run again.

use super::command_line::Files;
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

/// A suite whose checks are wrong: one of them is a test of each page of a sitemap.
fn wrong_checks(site: &Site) -> Value {
    let title = |text: &str| json!([{ "css": "h1", "text": text }]);
    suite(&[
        json!({ "name": "Flaky", "get": format!("{}/flaky/a", site.base), "retries": { "max": 1, "on": "any" },
            "expect": title("Wrong") }),
        page("Right", &format!("{}/page/right", site.base)),
        json!({ "name": "Each", "discover": { "sitemap": format!("{}/sitemap.xml?pages=2", site.base) },
            "expect": title("0") }),
        json!({ "name": "Secret", "get": format!("{}/echo?text=%3Ch1%3E${{secret.key}}%3C/h1%3E", site.base),
            "expect": title("open") }),
    ])
}

/// How the tests of a job ended, by name, and what judged answers came from.
async fn ended(client: &mut Client, job: &str) -> Vec<(String, String, Value)> {
    let state = client.job(job).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tests = state["tests"].as_array().expect("tests").iter();
    tests.map(|test| (text(&test["name"]), text(&test["outcome"]), test["from"].clone())).collect()
}

#[tokio::test]
async fn what_a_job_saw_is_judged_again_without_the_site() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let mut client = deployment.client().await;
    let mut edited = wrong_checks(&site);
    let run = json!({ "action": "run", "suite": edited.clone(), "secrets": { "key": "hunter2" } });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&job)).await;
    let asked = (site.hits("/flaky/a"), site.hits("/page/0"), site.hits("/page/1"));

    let replay = json!({ "action": "replay", "job": job, "on": "evidence" });
    let accepted = client.ask(replay.clone()).await;
    assert_eq!((&accepted["replay_of"], &accepted["from"]), (&json!(job), &json!("evidence")), "{accepted}");
    let again = accepted["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&again)).await;
    let expected = |outcomes: [&str; 3]| {
        let names = ["Flaky".to_owned(), "Each: /page/1".to_owned(), "Secret".to_owned()];
        names
            .into_iter()
            .zip(outcomes)
            .map(|(name, outcome)| (name, outcome.to_owned(), json!("evidence")))
            .collect::<Vec<_>>()
    };
    assert_eq!(ended(&mut client, &again).await, expected(["failed"; 3]), "what passed is not judged again");

    edited["tests"][0]["expect"] = json!([{ "css": "h1", "text": "a" }]);
    edited["tests"][2]["expect"] = json!([{ "css": "h1", "matches": "^\\d$" }]);
    edited["tests"][3]["expect"] = json!([{ "css": "h1", "text": "***" }]);
    edited["tests"]
        .as_array_mut()
        .expect("tests")
        .push(json!({ "name": "New", "get": format!("{}/page/1", site.base), "expect": [{ "status": 200 }] }));
    edited["tests"]
        .as_array_mut()
        .expect("tests")
        .push(json!({ "name": "Other", "get": format!("{}/page/7", site.base), "expect": [{ "status": 200 }] }));
    let file = files.write("edited.json", &edited.to_string());
    let ran = deployment.run(&["replay", &job, "--on", "evidence", "--suite", &file, "--json", "-"]).await;
    assert_eq!(ran.code, 3, "one test could not be judged: {}{}", ran.stdout, ran.stderr);
    let by_edited = ran
        .stdout
        .lines()
        .find_map(|line| serde_json::from_str::<Value>(line).ok()?["job"].as_str().map(str::to_owned));
    let by_edited = ended(&mut client, &by_edited.expect("a job")).await;
    let mut wanted = expected(["flaky", "passed", "passed"]);
    wanted.push(("New".to_owned(), "passed".to_owned(), json!("evidence")));
    wanted.push(("Other".to_owned(), "errored".to_owned(), json!("evidence")));
    assert_eq!(by_edited, wanted, "a new test is judged by the answers of others, if there are any");
    assert_eq!((site.hits("/flaky/a"), site.hits("/page/0"), site.hits("/page/1")), asked, "nothing was fetched");
    assert_eq!(site.hits("/page/7"), 0);

    edited["suite"] = json!("Shop");
    client.ask(json!({ "action": "suites.put", "name": "Shop", "suite": edited })).await;
    let mut by_name = replay.clone();
    by_name["suite"] = json!("Shop");
    let accepted = client.ask(by_name.clone()).await;
    assert_eq!((&accepted["suite"], &accepted["stored"]["version"]), (&json!("Shop"), &json!(1)), "{accepted}");
    client.until(is_end_of(accepted["job"].as_str().expect("a job"))).await;

    let history = client.ask(json!({ "action": "history", "suite": "Shop" })).await;
    assert_eq!(history["tests"], json!([]), "it says nothing about the site: {history}");
    let mut without = by_name.clone();
    without.as_object_mut().expect("a command").remove("on");
    assert_eq!(client.ask(without).await["code"], "bad_request");
    let mut other = Client::connect(&deployment.ws, &deployment.token_of("eve", "admin")).await;
    assert_eq!(other.ask(by_name).await["code"], "forbidden", "it holds secrets of another principal");
    let accepted = other.ask(replay).await;
    other.until(is_end_of(accepted["job"].as_str().expect("an admin may judge a job of anybody"))).await;
    deployment.stop().await;
}

/// The links of the page worked when the test failed for another reason.
#[tokio::test]
async fn a_replay_on_evidence_judges_links_without_asking_them() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let mut client = deployment.client().await;
    let page = "<h1>Hello</h1><a href=/page/one>one</a><a href=/page/two>two</a>";
    let asked = |title: &str, accept: &str| {
        suite(&[json!({
            "name": "Links", "get": format!("{}/echo?text={page}", site.base),
            "expect": [{ "css": "h1", "text": title }, { "links": { "scope": "same_host", "accept": [accept] } }],
        })])
    };
    let job = client.run(asked("Goodbye", "200-299")).await;
    assert_eq!(verdict(&mut client, &job).await, "failed");
    let hits = || (site.hits("/echo"), site.hits("/page/one"), site.hits("/page/two"));
    let before = hits();
    for (suite, code) in [(asked("Hello", "200-299"), 0), (asked("Hello", "204"), 1)] {
        let file = files.write("edited.json", &suite.to_string());
        let ran = deployment.run(&["replay", &job, "--on", "evidence", "--suite", &file]).await;
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    }
    assert_eq!(hits(), before);
    deployment.stop().await;
}
