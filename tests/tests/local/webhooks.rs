//! Webhooks of a whole server: notified when a suite breaks and recovers, signed, without secrets.

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Client, Posted, Receiver, Server, Site, stepcast};

/// Returns a test of a correct page.
fn good(site: &Site) -> Value {
    page("Sign in", &format!("{}/page/x", site.base))
}

/// Returns the same test with a page that contains `hunter2`, which is a secret.
fn broken(site: &Site) -> Value {
    let mut test = page("Sign in", &format!("{}/echo?text=hunter2", site.base));
    test["expect"] = json!([{ "body": { "equals": "open ${secret.key}" } }]);
    test
}

/// Runs the suite of one test to its verdict.
async fn run(client: &mut Client, test: Value) -> String {
    let run = json!({
        "action": "run", "suite": suite(&[test]), "labels": { "branch": "main" }, "secrets": { "key": "hunter2" },
    });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    client.until(is_end_of(&job)).await;
    job
}

fn is_signed(posted: &Posted) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(&Receiver::KEY[6..]).expect("base64"));
    let signature = posted.header("webhook-signature").strip_prefix("v1,").expect("version 1");
    let content = format!("{}.{}.{}", posted.header("webhook-id"), posted.header("webhook-timestamp"), posted.body);
    hmac::verify(&key, content.as_bytes(), &BASE64_STANDARD.decode(signature).expect("base64")).is_ok()
}

#[tokio::test]
async fn webhooks_report_a_suite_that_breaks_and_recovers() {
    let (program, chat, site) = (Receiver::start().await, Receiver::start().await, Site::start().await);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("webhooks.json");
    let webhooks = json!([{ "url": program.url, "secret": Receiver::KEY }, { "url": chat.url, "format": "slack" }]);
    std::fs::write(&file, webhooks.to_string()).expect("a file");
    let file = format!("@{}", file.display());
    let server = Server::start_with(&["--allow-private-targets", "--webhooks", &file]).await;
    let mut client = server.client().await;

    let broke = run(&mut client, broken(&site)).await;
    let (posted, said) = (program.next().await, chat.next().await);
    assert!(is_signed(&posted), "{posted:?}");
    assert_eq!(posted.header("content-type"), "application/json");
    let notification: Value = serde_json::from_str(&posted.body).expect("JSON");
    assert_eq!((&notification["type"], &notification["data"]["job"]), (&json!("suite.broke"), &json!(broke)));
    assert_eq!(
        (&notification["data"]["verdict"], &notification["data"]["counts"]["failed"]),
        (&json!("failed"), &json!(1))
    );
    assert_eq!(notification["data"]["labels"], json!({ "branch": "main" }));
    assert_eq!(notification["data"]["url"], format!("{}/#/jobs/{broke}", server.http));
    assert_eq!(notification["data"]["failures"].as_array().map(Vec::len), Some(1), "{notification}");
    assert!(!posted.body.contains("hunter2") && !said.body.contains("hunter2"), "{posted:?} {said:?}");
    assert!(said.body.contains(" broke on `main`"), "{said:?}");

    run(&mut client, broken(&site)).await;
    let mended = run(&mut client, good(&site)).await;
    let notification: Value = serde_json::from_str(&program.next().await.body).expect("JSON");
    assert_eq!(
        (&notification["type"], &notification["data"]["job"]),
        (&json!("suite.recovered"), &json!(mended)),
        "and not of the second"
    );
    assert!(chat.next().await.body.contains(" recovered on `main`"));
    server.stop().await;
    assert!(program.posted().is_empty() && chat.posted().is_empty());
}

#[tokio::test]
async fn a_mistake_in_the_webhooks_is_reported_without_their_content() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().display().to_string();
    let webhooks = r#"[{ "url": "https://hooks.example/swordfish", "secret": "whsec_swordfish" }]"#;
    let ran = stepcast(&["up", "--data-dir", &data_dir, "--webhooks", webhooks]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("`--webhooks`: entry 1: `secret` is not `whsec_`"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("swordfish"), "{}", ran.stderr);
}
