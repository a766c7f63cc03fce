//! A run compared with the runs before it, and jobs found by their properties.

use super::command_line::Files;
use serde_json::{Value, json};
use stepcast_tests::events::{fold, is_end_of, page, suite};
use stepcast_tests::{Client, Deployment, Site};

/// Returns a test of a page whose status is a variable of the run.
fn changing(site: &Site) -> Value {
    json!({ "name": "Changing", "get": format!("{}/status/${{code}}", site.base), "expect": [{ "status": 200 }] })
}

/// Starts a run on a branch, with this status of the page.
async fn start(client: &mut Client, suite: Value, branch: &str, code: u16) -> String {
    let run = json!({
        "action": "run", "suite": suite, "vars": { "code": code.to_string() }, "labels": { "branch": branch },
    });
    client.ask(run).await["job"].as_str().expect("a job").to_owned()
}

/// Returns the change that the end of its one test reports.
async fn change(client: &mut Client, site: &Site, branch: &str, code: u16) -> Value {
    let job = start(client, suite(&[changing(site)]), branch, code).await;
    let events = client.until_complete(&job, Vec::new()).await;
    let end = events.into_iter().find(|event| event["type"] == "test.finished" && event["job"] == job);
    end.expect("the test's end")["change"].clone()
}

#[tokio::test]
async fn the_end_of_a_test_reports_the_change_on_its_branch() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    assert_eq!(change(&mut client, &site, "main", 500).await, "new_failure");
    assert_eq!(change(&mut client, &site, "main", 500).await, "still_failing");
    assert_eq!(change(&mut client, &site, "try", 200).await, Value::Null, "another branch has a past of its own");
    assert_eq!(change(&mut client, &site, "try", 404).await, "new_failure");
    assert_eq!(change(&mut client, &site, "main", 200).await, "fixed");
    assert_eq!(change(&mut client, &site, "main", 200).await, Value::Null);
    assert_eq!(change(&mut client, &site, "main", 500).await, "new_failure");
    assert_eq!(change(&mut client, &site, "main", 200).await, "flaky", "it keeps turning");
    deployment.stop().await;
}

#[tokio::test]
async fn a_late_joiner_sees_the_same_change() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut early = deployment.client().await;
    let tests = suite(&[changing(&site), page("Held", &format!("{}/held/x", site.base))]);
    let job = start(&mut early, tests, "main", 500).await;
    let is_failure = |event: &Value| event["type"] == "test.finished" && event["name"] == "Changing";
    let seen_early = early.until(is_failure).await;

    let mut late = deployment.client().await;
    late.send(json!({ "action": "watch", "job": job, "id": 1 })).await;
    let seen_late = late.until(|event| event["re"] == 1 && event["page"] == event["pages"]).await;
    site.release("x");
    let (seen_early, seen_late) =
        (early.until_complete(&job, seen_early).await, late.until_complete(&job, seen_late).await);
    let expected = fold(&job, &seen_early);
    assert_eq!(serde_json::to_value(&expected.tests[&0]).expect("JSON")["change"], "new_failure");
    assert_eq!(fold(&job, &seen_late).tests, expected.tests);
    assert_eq!(fold(&job, &[late.job(&job).await]).tests, expected.tests, "the state requested afterwards is the same");
    deployment.stop().await;
}

#[tokio::test]
async fn the_outcomes_of_a_test_are_listed_newest_first() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let mut jobs = Vec::new();
    for code in [500, 200, 503] {
        let job = start(&mut client, suite(&[changing(&site), page("Other", &site.base)]), "main", code).await;
        client.until(is_end_of(&job)).await;
        jobs.insert(0, json!(job));
    }
    let ask = |more: Value| {
        let mut query = json!({ "action": "history", "suite": "Example", "branch": "main" });
        query.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        query
    };
    let history = client.ask(ask(json!({ "test": "Changing" }))).await;
    assert_eq!(
        (&history["type"], &history["suite"], &history["branch"]),
        (&json!("history"), &json!("Example"), &json!("main"))
    );
    let tests = history["tests"].as_array().expect("tests");
    assert_eq!(tests.len(), 1, "{history}");
    let column = |field: &str| -> Vec<Value> {
        tests[0]["outcomes"].as_array().expect("outcomes").iter().map(|past| past[field].clone()).collect()
    };
    assert_eq!(column("outcome"), ["failed", "passed", "failed"]);
    assert_eq!(column("job"), jobs);

    let last = client.ask(ask(json!({ "limit": 1 }))).await;
    let names: Vec<_> = last["tests"].as_array().expect("tests").iter().map(|test| &test["name"]).collect();
    assert_eq!(names, ["Changing", "Other"]);
    assert_eq!(last["tests"][0]["outcomes"].as_array().map(Vec::len), Some(1));
    let rest = client.ask(ask(json!({ "cursor": "Changing" }))).await;
    assert_eq!(rest["tests"][0]["name"], "Other");
    let elsewhere = client.ask(json!({ "action": "history", "suite": "Example" })).await;
    assert_eq!((&elsewhere["tests"], &elsewhere["branch"]), (&json!([]), &Value::Null));
    deployment.stop().await;
}

#[tokio::test]
async fn a_long_history_is_sent_in_pages() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let padding = "x".repeat(150);
    let test = json!({
        "name": format!("${{number}} {padding}"), "each": { "number": (100..250).collect::<Vec<_>>() },
        "get": format!("{}/page/x", site.base), "expect": [{ "status": 200 }],
    });
    let job = client.run(suite(&[test])).await;
    client.until(is_end_of(&job)).await;
    let (mut names, mut pages, mut query) = (Vec::new(), 0, json!({ "action": "history", "suite": "Example" }));
    loop {
        let page = client.ask(query.clone()).await;
        names.extend(page["tests"].as_array().expect("tests").iter().map(|test| test["name"].clone()));
        pages += 1;
        if page["cursor"].is_null() {
            break;
        }
        query["cursor"] = page["cursor"].clone();
    }
    assert!(pages > 1, "150 tests take more than one frame");
    assert_eq!(names, (100..250).map(|number| json!(format!("{number} {padding}"))).collect::<Vec<_>>());
    deployment.stop().await;
}

/// Returns the ids of the matching jobs, from all pages.
async fn jobs(client: &mut Client, mut query: Value) -> Vec<Value> {
    query["action"] = json!("jobs");
    query["limit"] = json!(1);
    let mut found = Vec::new();
    loop {
        let page = client.ask(query.clone()).await;
        found.extend(page["jobs"].as_array().expect("jobs").iter().map(|job| job["job"].clone()));
        if page["cursor"].is_null() {
            return found;
        }
        query["cursor"] = page["cursor"].clone();
    }
}

#[tokio::test]
async fn jobs_are_found_by_label_and_time() {
    let (deployment, site) = (Deployment::start().await, Site::start().await);
    let mut client = deployment.client().await;
    let (mut ids, mut ends) = (Vec::new(), Vec::new());
    for branch in ["main", "try", "main", "try"] {
        let job = start(&mut client, suite(&[changing(&site)]), branch, 200).await;
        ends.push(client.until(is_end_of(&job)).await.pop().expect("the verdict")["at"].clone());
        ids.push(json!(job));
    }
    let of = |numbers: &[usize]| numbers.iter().map(|number| ids[*number].clone()).collect::<Vec<_>>();
    assert_eq!(jobs(&mut client, json!({ "labels": { "branch": "main" } })).await, of(&[2, 0]));
    assert_eq!(jobs(&mut client, json!({ "labels": { "branch": "main", "pipeline": "7" } })).await, of(&[]));
    assert_eq!(jobs(&mut client, json!({ "since": ends[0] })).await, of(&[3, 2, 1]));
    assert_eq!(jobs(&mut client, json!({ "until": ends[1] })).await, of(&[1, 0]));
    let both = json!({ "since": ends[0], "until": ends[2], "labels": { "branch": "try" }, "suite": "Example" });
    assert_eq!(jobs(&mut client, both).await, of(&[1]));
    let wrong = client.ask_wrongly(json!({ "action": "jobs", "since": "yesterday" })).await;
    assert_eq!(wrong["code"], "bad_request", "{wrong}");
    let wrong = client.ask_wrongly(json!({ "action": "jobs", "suite": "x".repeat(2_000) })).await;
    assert_eq!(wrong["message"], "`jobs`: the name of a suite has 1 to 256 bytes", "{wrong}");

    let listed = deployment.run(&["jobs", "--json", "--label", "branch=try", "--since", "1h"]).await;
    assert_eq!((listed.code, listed.stdout.lines().count()), (0, 2), "{}{}", listed.stdout, listed.stderr);
    let listed = deployment.run(&["jobs", "--until", ends[0].as_str().expect("a time")]).await;
    assert!(listed.stdout.starts_with(ids[0].as_str().expect("an id")), "{}", listed.stdout);
    assert_eq!(listed.stdout.lines().count(), 1, "{}", listed.stdout);
    let wrong = deployment.run(&["jobs", "--since", "yesterday"]).await;
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("or how long ago it was, like `24h`"), "{}", wrong.stderr);
    deployment.stop().await;
}

#[tokio::test]
async fn the_command_shows_the_changes() {
    let (deployment, site, files) = (Deployment::start().await, Site::start().await, Files::new());
    let other = json!({ "name": "Other", "get": format!("{}/status/404", site.base), "expect": [{ "status": 200 }] });
    let file = files.write("suite.json", &suite(&[changing(&site), other]).to_string());
    let junit = files.path("report.xml").display().to_string();
    let run = async |code: &str| {
        let code = format!("code={code}");
        deployment.run(&["run", &file, "--var", &code, "--label", "branch=main", "--junit", &junit]).await
    };
    let first = run("500").await;
    assert!(first.stdout.contains("failed    Changing (new failure)\n"), "{}", first.stdout);
    assert!(first.stdout.contains("compared with earlier runs: 2 new failures\n"), "{}", first.stdout);
    let second = run("200").await;
    assert!(second.stderr.contains("passed    Changing (") && second.stderr.contains(", fixed)"), "{}", second.stderr);
    assert!(second.stdout.contains("failed    Other (still failing)\n"), "{}", second.stdout);
    assert!(
        second.stdout.contains("fixed     Changing\ncompared with earlier runs: 1 still failing, 1 fixed\n"),
        "{}",
        second.stdout
    );
    let report = std::fs::read_to_string(&junit).expect("the report");
    for change in ["fixed", "still_failing"] {
        assert!(report.contains(&format!(r#"<property name="change" value="{change}"/>"#)), "{report}");
    }

    let shown = deployment.run(&["history", "Example", "--branch", "main"]).await;
    let rows: Vec<Vec<&str>> = shown.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((rows[0][0], rows[0][2]), ("Changing", "PF"), "{}", shown.stdout);
    assert_eq!((rows[1][0], rows[1][2]), ("Other", "FF"), "{}", shown.stdout);
    let one = deployment.run(&["history", "Example", "--branch", "main", "--test", "Other", "--json"]).await;
    let test: Value = serde_json::from_str(one.stdout.trim()).expect("one line of JSON");
    assert_eq!((&test["name"], test["outcomes"].as_array().map(Vec::len)), (&json!("Other"), Some(2)));
    let none = deployment.run(&["history", "Example"]).await;
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    assert!(none.stderr.contains("name one with --branch"), "{}", none.stderr);
    deployment.stop().await;
}
