//! What changed on a site since a test last passed.

use super::command_line::{Files, run_with};
use serde_json::{Value, json};
use stepcast_tests::events::{is_end_of, suite};
use stepcast_tests::{Deployment, Ran, Site};

/// Tests of a shop, each of which fails once it is broken.
fn shop(site: &Site) -> Vec<Value> {
    let test = |name: &str, way: &str, check: Value| json!({ "name": name, "get": format!("{}/shop/{way}", site.base), "expect": [check] });
    vec![
        test("A class is renamed", "class", json!({ "css": "a.buy", "count": 3 })),
        test("A price has another format", "price", json!({ "css": ".price", "matches": r"^€ \d+\.\d\d$" })),
        test("A header is gone", "header", json!({ "header": "cache-control", "exists": true })),
        test("A redirect is added", "redirect", json!({ "css": "a.buy", "exists": true })),
        test("A field is nested deeper", "json", json!({ "json": "$.price", "equals": 12.5 })),
        test("A page is slow", "slow", json!({ "time": { "below": "3s" } })),
    ]
}

/// Text with what differs each time replaced, and without the address of the dashboard, which not every deployment has.
fn settled(text: &str, site: &Site) -> String {
    let text: Vec<&str> = text.lines().filter(|line| !line.contains("/#/jobs/")).collect();
    let text = text.join("\n").replace(&site.base, "http://shop.example");
    let patterns = [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "JOB"),
        (r"just now|\b\d+(s|m)( \d+s)? ago", "AGO"),
        (r"\b\d+(\.\d+)?(ms|s)\b", "TIME"),
    ];
    patterns.iter().fold(text, |text, (pattern, instead)| {
        regex::Regex::new(pattern).expect("a pattern").replace_all(&text, *instead).into_owned()
    })
}

async fn run(deployment: &Deployment, repository: &str, arguments: &[&str]) -> Ran {
    let environment = [
        ("GITHUB_WORKSPACE", repository),
        ("STEPCAST_URL", deployment.ws.as_str()),
        ("STEPCAST_TOKEN", deployment.token.as_str()),
        ("GITHUB_ACTIONS", "true"),
        ("CI", "true"),
    ];
    run_with(arguments, &environment).await
}

/// Compares with a file of this folder, or writes it with `STEPCAST_WRITE_GOLDEN=1`.
fn compare_with(name: &str, actual: &str) {
    let path = format!("{}/fixtures/shop/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("STEPCAST_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, actual).expect("the file is written");
    }
    assert_eq!(actual, std::fs::read_to_string(&path).expect("the file"), "{path}");
}

#[tokio::test]
async fn a_run_names_the_cause_in_its_first_line() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let file = files.write("shop.json", &format!("{:#}", suite(&shop(&site))));
    let repository = files.path("").display().to_string();
    let passed = run(&deployment, &repository, &["run", &file]).await;
    assert_eq!(passed.code, 0, "{}{}", passed.stdout, passed.stderr);
    site.break_shop();
    let (junit, markdown) = (files.path("junit.xml"), files.path("summary.md"));
    let (junit, markdown) = (junit.display().to_string(), markdown.display().to_string());
    let failed = run(&deployment, &repository, &["run", &file, "--junit", &junit, "--markdown", &markdown]).await;
    assert_eq!(failed.code, 1, "{}{}", failed.stdout, failed.stderr);
    compare_with("run.txt", &settled(&failed.stdout, &site));
    let markdown = std::fs::read_to_string(&markdown).expect("a summary");
    compare_with("summary.md", &format!("{}\n", settled(&markdown, &site).trim_end()));
    let junit = std::fs::read_to_string(&junit).expect("a report");
    let first: Vec<String> =
        junit.lines().map(|line| settled(line, &site)).filter(|line| line.contains("since")).collect();
    assert_eq!(first.len(), 6, "{junit}");
    assert_eq!(first[0].trim(), "since job JOB, AGO: `a.buy` became `a.purchase` (3 places)");
    deployment.stop().await;
}

/// What an earlier run kept may have a text that is a secret only now.
#[tokio::test]
async fn a_secret_is_hidden_in_what_was_kept_before_it_was_one() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let price = suite(&[shop(&site).remove(1)]);
    let job = client.run(price.clone()).await;
    client.until(is_end_of(&job)).await;
    site.break_shop();
    let run = json!({ "action": "run", "suite": price, "secrets": { "price": "12.00" } });
    let job = client.ask(run).await["job"].as_str().expect("a job").to_owned();
    let events = client.until(is_end_of(&job)).await;
    let state = client.job(&job).await;
    let line = "the text of `span.price` is \"12,00 €\", and was \"€ ***\" (and 2 more like it)";
    assert_eq!(state["tests"][0]["steps"][0]["since_passed"]["lines"], json!([line]), "{state}");
    let evidence = client.ask(json!({ "action": "evidence", "job": job, "test": 0 })).await;
    assert_eq!(evidence["differences"][0]["differences"][0]["before"], "€ ***");
    for sent in events.iter().chain([&state, &evidence]) {
        assert!(!sent.to_string().contains("12.00"), "{sent}");
    }
    deployment.stop().await;
}

#[tokio::test]
async fn the_whole_difference_is_in_the_evidence() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let mut price = shop(&site).remove(1);
    price["headers"] = json!({ "x-token": "${secret.token}" });
    let run = json!({ "action": "run", "suite": suite(&[price]), "secrets": { "token": "12,00" } });
    let mut jobs = Vec::new();
    for _ in 0..2 {
        let job = client.ask(run.clone()).await["job"].as_str().expect("a job").to_owned();
        client.until(is_end_of(&job)).await;
        jobs.push(job);
        site.break_shop();
    }
    let state = client.job(&jobs[1]).await;
    let since = &state["tests"][0]["steps"][0]["since_passed"];
    assert_eq!(since["job"], jobs[0], "{state}");
    assert_eq!(since["lines"].as_array().map(Vec::len), Some(1), "{since}");
    let line = since["lines"][0].as_str().expect("a line");
    assert_eq!(line, "the text of `span.price` is \"*** €\", and was \"€ 12.00\" (and 2 more like it)");
    let evidence = client.ask(json!({ "action": "evidence", "job": jobs[1], "test": 0 })).await;
    let difference = &evidence["differences"][0]["differences"][0];
    assert_eq!(
        (&difference["kind"], &difference["places"], &difference["is_near"]),
        (&json!("element"), &json!(3), &json!(true))
    );
    assert_eq!(
        (&difference["before"], &difference["after"]),
        (&json!("€ 12.00"), &json!("*** €")),
        "secrets are masked"
    );
    let shown = deployment.run(&["evidence", &jobs[1]]).await;
    assert!(shown.stdout.contains(&format!("changed since job {}", jobs[0])), "{}", shown.stdout);
    assert!(shown.stdout.contains("before  € 12.00"), "{}", shown.stdout);
    deployment.stop().await;
}
