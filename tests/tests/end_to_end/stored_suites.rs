//! Suites stored under a name.

use serde_json::{Value, json};
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Client, Deployment, Site};

async fn client_of(deployment: &Deployment, principal: &str, role: &str) -> Client {
    Client::connect(&deployment.ws, &deployment.token_of(principal, role)).await
}

fn put(name: &str) -> Value {
    json!({ "action": "suites.put", "name": name, "suite": suite(&[page("Page", "https://shop.example/")]) })
}

async fn listed(client: &mut Client, name: &str) -> Value {
    let suites = client.ask(json!({ "action": "suites.list" })).await["suites"].clone();
    suites.as_array().expect("suites").iter().find(|suite| suite["name"] == name).cloned().unwrap_or_default()
}

/// A runner that could store a suite under the name that another's CI runs would get the secrets of its next run.
#[tokio::test]
async fn a_suite_is_its_owners_also_after_it_is_deleted() {
    let deployment = Deployment::start().await;
    let mut ana = client_of(&deployment, "ana", "runner").await;
    let mut mallory = client_of(&deployment, "mallory", "runner").await;
    assert_eq!(ana.ask(put("smoke")).await["type"], "ok");
    let delete = json!({ "action": "suites.delete", "name": "smoke" });
    for command in [put("smoke"), delete.clone()] {
        let refused = mallory.ask(command).await;
        assert_eq!(refused["code"], "forbidden");
        assert!(refused["message"].as_str().is_some_and(|said| said.contains("belongs to `ana`")), "{refused}");
    }
    assert_eq!(ana.ask(put("smoke")).await["type"], "ok", "its owner replaces it");
    let shown = listed(&mut mallory, "smoke").await;
    assert_eq!((&shown["owner"], &shown["stored_by"], &shown["version"]), (&json!("ana"), &json!("ana"), &json!(2)));
    let got = mallory.ask(json!({ "action": "suites.get", "name": "smoke" })).await;
    for field in ["owner", "stored_by", "version", "updated_at"] {
        assert_eq!(got[field], shown[field], "{field}");
    }

    assert_eq!(ana.ask(delete.clone()).await["type"], "ok");
    assert_eq!(mallory.ask(delete).await["code"], "not_found");
    let refused = mallory.ask(put("smoke")).await;
    assert_eq!(refused["code"], "forbidden");
    assert!(refused["message"].as_str().is_some_and(|said| said.contains("belongs to `ana` for 90 days")), "{refused}");
    let run = json!({ "action": "run", "suite": "smoke", "secrets": { "word": "swordfish" } });
    assert_eq!(ana.ask(run).await["code"], "not_found");
    assert_eq!(ana.ask(put("smoke")).await["type"], "ok");
    assert_eq!(listed(&mut ana, "smoke").await["version"], 3, "a version is never given twice");
    deployment.stop().await;
}

#[tokio::test]
async fn admins_replace_and_hand_over_any_suite() {
    let deployment = Deployment::start().await;
    let (mut ana, mut bob) =
        (client_of(&deployment, "ana", "runner").await, client_of(&deployment, "bob", "runner").await);
    let mut admin = deployment.client().await;
    assert_eq!(ana.ask(put("smoke")).await["type"], "ok");
    assert_eq!(admin.ask(put("smoke")).await["type"], "ok");
    let shown = listed(&mut admin, "smoke").await;
    assert_eq!((&shown["owner"], &shown["stored_by"], &shown["version"]), (&json!("ana"), &json!("admin"), &json!(2)));
    assert_eq!(ana.ask(put("smoke")).await["type"], "ok", "it is still hers");

    let mut given = put("smoke");
    given["owner"] = json!("bob");
    assert_eq!(ana.ask(given.clone()).await["code"], "forbidden", "only admins say whose it is");
    assert_eq!(admin.ask(given).await["type"], "ok");
    assert_eq!(ana.ask(put("smoke")).await["code"], "forbidden");
    assert_eq!(bob.ask(put("smoke")).await["type"], "ok");

    let delete = json!({ "action": "suites.delete", "name": "smoke" });
    assert_eq!(admin.ask(delete.clone()).await["type"], "ok");
    assert_eq!(ana.ask(put("smoke")).await["code"], "forbidden", "the name is bob's for a while");
    assert_eq!(admin.ask(delete.clone()).await["type"], "ok", "once more gives the name up");
    assert_eq!(admin.ask(delete).await["code"], "not_found");
    assert_eq!(ana.ask(put("smoke")).await["type"], "ok");
    assert_eq!(listed(&mut ana, "smoke").await["owner"], "ana");
    deployment.stop().await;
}

#[tokio::test]
async fn a_run_asks_for_a_version_and_says_which_it_was() {
    let deployment = Deployment::start().await;
    let mut ana = client_of(&deployment, "ana", "runner").await;
    for version in [1, 2] {
        assert_eq!(ana.ask(put("smoke")).await["type"], "ok");
        assert_eq!(listed(&mut ana, "smoke").await["version"], version);
    }
    let run = json!({ "action": "run", "suite": "smoke", "version": 2, "tags": ["none"] });
    let stored = json!({ "name": "smoke", "version": 2, "owner": "ana" });
    assert_eq!(ana.ask(run.clone()).await["stored"], stored);
    assert_eq!(ana.ask(json!({ "action": "run", "suite": "smoke", "tags": ["none"] })).await["stored"], stored);
    for version in [1, 3] {
        let mut other = run.clone();
        other["version"] = json!(version);
        let refused = ana.ask(other).await;
        assert_eq!(refused["code"], "conflict");
        assert!(
            refused["message"].as_str().is_some_and(|said| said.contains("version 2, stored by `ana`")),
            "{refused}"
        );
    }
    let mut whole = run;
    whole["suite"] = suite(&[page("Page", "https://shop.example/")]);
    assert_eq!(ana.ask(whole.clone()).await["code"], "bad_request", "a version is one of a stored suite");
    whole.as_object_mut().expect("an object").remove("version");
    assert_eq!(ana.ask(whole).await["stored"], Value::Null);
    assert_eq!(ana.ask(put("smoke@2")).await["code"], "bad_request");

    let ran = deployment.run(&["run", "smoke@2", "--tags", "none"]).await;
    assert_eq!(ran.code, 4, "nothing is tested: {}", ran.stderr);
    assert!(ran.stderr.contains("Example, version 2: job "), "{}", ran.stderr);
    let ran = deployment.run(&["run", "smoke@1", "--tags", "none"]).await;
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("version 2, stored by `ana`"), "{}", ran.stderr);
    let ran = deployment.run(&["suites", "list"]).await;
    assert!(ran.stdout.starts_with("smoke  1 tests  version 2  of ana  stored 20"), "{}", ran.stdout);
    deployment.stop().await;
}

#[tokio::test]
async fn runners_that_store_one_name_at_once_do_not_replace_each_other() {
    let deployment = Deployment::start().await;
    let mut clients = Vec::new();
    for number in 0..6 {
        clients.push(client_of(&deployment, &format!("runner-{number}"), "runner").await);
    }
    let puts = clients.iter_mut().map(|client| client.ask(put("smoke")));
    let answers = futures_util::future::join_all(puts).await;
    let stored: Vec<_> = (0..6).filter(|number| answers[*number]["type"] == "ok").collect();
    let [number] = stored.as_slice() else { panic!("{answers:?}") };
    assert!(answers.iter().all(|answer| answer["type"] == "ok" || answer["code"] == "forbidden"), "{answers:?}");
    let shown = listed(&mut clients[0], "smoke").await;
    assert_eq!((&shown["owner"], &shown["version"]), (&json!(format!("runner-{number}")), &json!(1)));
    deployment.stop().await;
}

#[tokio::test]
async fn a_stored_suite_is_run_by_its_name() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let stored = suite(&[page("Page", &format!("{}/page/x", site.base))]);
    assert_eq!(client.ask(json!({ "action": "suites.put", "suite": stored })).await["type"], "ok");
    let listed = client.ask(json!({ "action": "suites.list" })).await;
    assert_eq!((&listed["suites"][0]["name"], &listed["suites"][0]["tests"]), (&json!("Example"), &json!(1)));
    assert_eq!(client.ask(json!({ "action": "suites.get", "name": "Example" })).await["suite"], stored);
    assert_eq!(client.ask(json!({ "action": "suites.put", "name": "Other", "suite": stored })).await["type"], "ok");
    let first = client.ask(json!({ "action": "suites.list", "limit": 1 })).await;
    assert_eq!(first["suites"][0]["name"], "Example");
    let second = client.ask(json!({ "action": "suites.list", "limit": 1, "cursor": first["cursor"] })).await;
    assert_eq!(second["suites"][0]["name"], "Other");
    assert_eq!(client.ask(json!({ "action": "suites.delete", "name": "Other" })).await["type"], "ok");
    let accepted = client.ask(json!({ "action": "run", "suite": "Example" })).await;
    let job = accepted["job"].as_str().expect("a job").to_owned();
    assert_eq!(client.until(is_end_of(&job)).await.last().expect("the verdict")["verdict"], "passed");
    assert_eq!(client.ask(json!({ "action": "suites.delete", "name": "Example" })).await["type"], "ok");
    assert_eq!(client.ask(json!({ "action": "suites.list" })).await["suites"], json!([]));
    deployment.stop().await;
}
