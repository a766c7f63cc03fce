//! The features of suites that need a server to be tested; the engine has tests of its own.

use serde_json::{Value, json};
use stepcast_tests::events::{is_end_of, page, suite};
use stepcast_tests::{Client, Deployment, Site};

async fn verdict(client: &mut Client, job: &str) -> Value {
    client.until(is_end_of(job)).await.pop().expect("the verdict")
}

#[tokio::test]
async fn steps_share_cookies_and_captures() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let sign_in = json!({ "name": "Sign in", "steps": [
        { "get": "${base}/form", "capture": { "csrf": { "css": "input[name=csrf]", "attr": "value" } } },
        {
            "post": "${base}/login",
            "form": { "csrf": "${csrf}", "password": "${secret.password}" },
            "expect": [{ "url": { "ends_with": "/account" } }, { "css": "h1", "text": "Hello, ana" }],
        },
    ] });
    let run = json!({
        "action": "run", "suite": suite(&[sign_in]), "vars": { "base": site.base }, "secrets": { "password": "hunter2" },
    });
    let accepted = client.ask(run).await;
    let finished = verdict(&mut client, accepted["job"].as_str().expect("a job")).await;
    assert_eq!(finished["verdict"], "passed", "{finished}");
    deployment.stop().await;
}

#[tokio::test]
async fn each_value_and_every_discovered_page_is_a_test() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let each = json!({ "name": "Page", "each": { "name": ["a", "b"] }, "get": format!("{}/page/${{name}}", site.base),
        "expect": [{ "css": "h1", "text": "${name}" }] });
    let discover = json!({ "name": "Found", "discover": { "sitemap": format!("{}/sitemap.xml?pages=5", site.base), "limit": 4 },
        "expect": [{ "status": 200 }] });
    let job = client.run(suite(&[each, discover])).await;
    let finished = verdict(&mut client, &job).await;
    assert_eq!((&finished["verdict"], &finished["counts"]["passed"]), (&json!("passed"), &json!(6)));
    let state = client.job(&job).await;
    let names: Vec<_> =
        state["tests"].as_array().expect("tests").iter().map(|test| test["name"].as_str().expect("a name")).collect();
    assert_eq!(
        names,
        ["Page [name=a]", "Page [name=b]", "Found: /page/0", "Found: /page/1", "Found: /page/2", "Found: /page/3"]
    );
    deployment.stop().await;
}

#[tokio::test]
async fn a_sitemap_that_is_not_there_ends_the_job_with_the_reason() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let discover = json!({ "name": "Found", "discover": { "sitemap": format!("{}/status/404", site.base) }, "expect": [{ "status": 200 }] });
    let job = client.run(suite(&[discover])).await;
    let finished = verdict(&mut client, &job).await;
    assert_eq!(finished["verdict"], "errored");
    assert!(finished["problem"].as_str().is_some_and(|problem| problem.contains("404")), "{finished}");
    deployment.stop().await;
}

#[tokio::test]
async fn tags_choose_tests() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let tagged = |name: &str, tags: &[&str]| {
        let mut test = page(name, &format!("{}/page/{name}", site.base));
        test["tags"] = json!(tags);
        test
    };
    let tests = [tagged("ab", &["a", "b"]), tagged("a", &["a"]), tagged("c", &["c"])];
    let accepted = client.ask(json!({ "action": "run", "suite": suite(&tests), "tags": ["a,b", "c"] })).await;
    let finished = verdict(&mut client, accepted["job"].as_str().expect("a job")).await;
    assert_eq!(finished["counts"]["total"], 2);
    assert_eq!((site.hits("/page/ab"), site.hits("/page/a"), site.hits("/page/c")), (1, 0, 1));
    deployment.stop().await;
}
