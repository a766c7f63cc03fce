//! Every mistake gets the documented error, and nothing else breaks.

use base64::prelude::{BASE64_STANDARD as STANDARD, Engine};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use stepcast_tests::events::{page, suite};
use stepcast_tests::{Client, Deployment};
use tokio_tungstenite::tungstenite::{Error, Message};

#[tokio::test]
async fn malformed_commands_get_an_error_each_and_the_connection_goes_on() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    let nested = format!("{{\"action\":{}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let malformed = [
        "",
        " ",
        "{",
        "[]",
        "null",
        "7",
        "\"hello\"",
        "{}",
        r#"{"action":7}"#,
        r#"{"action":"fly"}"#,
        r#"{"action":"run"}"#,
        r#"{"action":"watch"}"#,
        r#"{"action":"cancel"}"#,
        r#"{"action":"jobs","limit":"many"}"#,
        r#"{"action":"run","suite":7}"#,
        r#"{"action":"run","suite":{},"suite_gz":"x"}"#,
        r#"{"action":"run","suite_gz":"%%%"}"#,
        r#"{"action":"run","suite_gz":"aGVsbG8="}"#,
        r#"{"action":"replay","job":"x","only":"most"}"#,
        r#"{"action":"ping","id":{}}"#,
        &nested,
        "\u{0}",
        "{\"action\":\"hello\"} trailing",
    ];
    for text in malformed {
        client.send_message(Message::text(text.to_owned())).await;
        let answer = client.next().await;
        assert_eq!(
            (&answer["type"], &answer["code"], &answer["temporary"]),
            (&json!("error"), &json!("bad_request"), &json!(false)),
            "{text:?}: {answer}"
        );
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty() && message.len() < 2_000));
    }
    assert_eq!(client.ask(json!({ "action": "ping" })).await["type"], "pong");
    deployment.stop().await;
}

#[tokio::test]
async fn a_suite_that_would_take_a_stack_or_ages_to_read_is_refused() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    let nested = |open: &str, inside: &str, close: &str, depth: usize| {
        format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
    };
    let mut put = async |checks: Value| {
        let suite = json!({ "suite": "s", "tests": [{ "name": "t", "get": "http://h/", "expect": checks }] });
        client.ask(json!({ "action": "suites.put", "suite": suite })).await
    };
    for check in [
        json!({ "json": format!("$[?{}]", nested("(", "@.a", ")", 5_000)) }),
        json!({ "json": format!("$[?{}]", nested("(", "@.a", ")", 400)) }),
        json!({ "json": format!("${}", nested("[?@", ".a", "]", 33)) }),
        json!({ "css": nested(":not(", "a", ")", 400) }),
        json!({ "xpath": nested("(", "1", ")", 400) }),
        json!({ "body": null, "matches": nested("(", "a", ")", 400) }),
    ] {
        let answer = put(json!([check])).await;
        assert_eq!(answer["code"], "invalid_suite", "{answer}");
        assert!(answer["problems"][0]["path"].as_str().is_some_and(|path| path.starts_with("tests[0].expect[0]")));
    }
    let patterns: Vec<Value> =
        (0..100).map(|number| json!({ "body": null, "matches": format!(r"\w{{1,100}}{number}") })).collect();
    let answer = put(json!(patterns)).await;
    assert_eq!((&answer["code"], answer["problems"].as_array().map(Vec::len)), (&json!("invalid_suite"), Some(20)));
    // Each level would double the time of a parser that reads what is in brackets twice.
    let deep = json!({ "json": format!("${}", nested("[?@", ".a", "]", 32)) });
    assert_eq!(put(json!([deep])).await["type"], "ok");
    deployment.stop().await;
}

#[tokio::test]
async fn missing_objects_are_not_found() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    for command in [
        json!({ "action": "watch", "job": "nope" }),
        json!({ "action": "job", "job": "nope" }),
        json!({ "action": "cancel", "job": "nope" }),
        json!({ "action": "replay", "job": "nope" }),
        json!({ "action": "comment", "job": "nope", "text": "hi" }),
        json!({ "action": "run", "suite": "nope" }),
        json!({ "action": "suites.get", "name": "nope" }),
        json!({ "action": "suites.delete", "name": "nope" }),
        json!({ "action": "disconnect", "connection": "nope" }),
    ] {
        assert_eq!(client.ask(command.clone()).await["code"], "not_found", "{command}");
    }
    deployment.stop().await;
}

#[tokio::test]
async fn invalid_names_are_rejected() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    for (action, field) in [
        ("watch", "job"),
        ("unwatch", "job"),
        ("job", "job"),
        ("cancel", "job"),
        ("replay", "job"),
        ("comment", "job"),
        ("finish", "job"),
        ("share", "job"),
        ("jobs", "suite"),
        ("history", "suite"),
        ("run", "suite"),
        ("suites.get", "name"),
        ("suites.delete", "name"),
        ("disconnect", "connection"),
    ] {
        for name in ["", &"x".repeat(257)] {
            let mut command = json!({ "action": action, field: name });
            if action == "comment" {
                command["text"] = json!("hi");
            }
            let answer = client.ask_wrongly(command).await;
            let what = match (action, field) {
                ("run", _) => "`suite`: the name of a suite".to_owned(),
                (_, "suite" | "name") => format!("`{action}`: the name of a suite"),
                _ => format!("`{action}`: the id of a {field}"),
            };
            assert_eq!(answer["message"], format!("{what} has 1 to 256 bytes"), "{action}: {answer}");
        }
    }
    deployment.stop().await;
}

#[tokio::test]
async fn an_invalid_suite_is_refused_whole_with_every_problem() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    let bad = suite(&[
        page("Fine", "https://example.com/"),
        json!({ "name": "Wrong", "get": "example.com", "expect": [{ "css": "h1 >" }, { "statsu": 200 }, { "body": { "matches": "(" } }] }),
        json!({ "name": "Unknown", "get": "${nowhere}/", "expect": [{ "status": 200 }] }),
    ]);
    let answer = client.ask(json!({ "action": "run", "suite": bad })).await;
    assert_eq!((&answer["type"], &answer["code"]), (&json!("error"), &json!("invalid_suite")));
    let paths: Vec<_> =
        answer["problems"].as_array().expect("problems").iter().map(|problem| &problem["path"]).collect();
    assert_eq!(
        paths,
        ["tests[1].get", "tests[1].expect[0].css", "tests[1].expect[1].statsu", "tests[1].expect[2].body.matches"]
    );
    let unknown =
        client.ask(json!({ "action": "run", "suite": suite(&[json!({ "name": "U", "get": "${nowhere}/" })]) })).await;
    assert_eq!(unknown["problems"][0]["message"], "`${nowhere}` has no value");
    assert_eq!(client.ask(json!({ "action": "jobs" })).await["jobs"], json!([]), "nothing was stored");
    deployment.stop().await;
}

#[tokio::test]
async fn a_problem_that_quotes_a_whole_page_is_cut_short() {
    let deployment = Deployment::start().await;
    let pattern = format!("({}", "x".repeat(300_000));
    let bad = suite(&[
        json!({ "name": "Long", "get": "https://example.com/", "expect": [{ "body": { "matches": pattern } }] }),
    ]);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bad.to_string().as_bytes()).expect("memory");
    let packed = STANDARD.encode(encoder.finish().expect("memory"));
    let mut client = deployment.client().await;
    let answer = client.ask(json!({ "action": "run", "suite_gz": packed })).await;
    assert_eq!(answer["code"], "invalid_suite");
    assert!(answer.to_string().len() < 4_000, "{answer}");
    deployment.stop().await;
}

#[tokio::test]
async fn too_much_is_too_large() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    let labels: serde_json::Map<String, Value> =
        (0..33).map(|number| (format!("label-{number}"), json!("x"))).collect();
    let run = json!({ "action": "run", "suite": suite(&[page("Page", "https://example.com/")]), "labels": labels });
    assert_eq!(client.ask_wrongly(run).await["code"], "too_large");
    let long = json!({ "action": "comment", "job": "x", "text": "x".repeat(5_000) });
    assert_eq!(client.ask_wrongly(long).await["code"], "too_large");
    deployment.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_before_the_upgrade() {
    let deployment = Deployment::start().await;
    let refused = |error: Error| match error {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    };
    let wrong = Client::try_connect(&deployment.ws, &[("authorization", "Bearer wrong")]).await;
    assert_eq!(wrong.err().map(refused), Some(deployment.refusal()));
    let none = Client::try_connect(&deployment.ws, &[]).await;
    assert_eq!(none.err().map(refused), Some(deployment.refusal()));
    let in_the_address = Client::try_connect(&format!("{}?token={}", deployment.ws, deployment.token), &[]).await;
    assert_eq!(in_the_address.err().map(refused), Some(deployment.refusal()));
    let subprotocols = format!("stepcast.v1, stepcast.token.{}", deployment.token);
    let browser = Client::try_connect(&deployment.ws, &[("sec-websocket-protocol", &subprotocols)]).await;
    assert_eq!(browser.expect("a browser's connection").ask(json!({ "action": "hello" })).await["role"], "admin");
    deployment.stop().await;
}

#[tokio::test]
async fn a_label_or_variable_without_a_name_is_refused() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    let run = json!({ "action": "run", "suite": suite(&[page("Page", "https://shop.example/")]), "tags": ["none"] });
    let job = client.ask(run.clone()).await["job"].clone();
    let replay = json!({ "action": "replay", "job": job });
    for (command, fields) in [(run, &["labels", "vars", "secrets"][..]), (replay, &["vars", "secrets"])] {
        for field in fields {
            let mut command = command.clone();
            command[field] = json!({ "": "x" });
            let refused = client.ask_wrongly(command).await;
            assert_eq!(refused["code"], "bad_request", "{field}: {refused}");
            assert_eq!(refused["message"], format!("`{field}` has an empty name; a name has at least one character"));
        }
    }
    deployment.stop().await;
}

/// A terminal would execute some of these characters, and a log would show a different text.
#[tokio::test]
async fn names_with_characters_that_are_not_seen_are_refused() {
    let deployment = Deployment::start().await;
    let mut client = deployment.client().await;
    let good = suite(&[page("Page", "https://shop.example/")]);
    for hidden in ["\u{1b}", "\u{7}", "\n", "\r", "\t", "\u{9b}", "\u{200b}", "\u{202e}", "\u{2066}", "\u{feff}"] {
        let name = format!("Shop{hidden}smoke");
        let run = |field: &str, value: Value| {
            let mut run = json!({ "action": "run", "suite": good });
            run[field] = value;
            run
        };
        let mut named = good.clone();
        named["suite"] = json!(name);
        let mut tagged = good.clone();
        tagged["tests"][0]["tags"] = json!(["smoke", name]);
        let steps = json!([{ "name": name, "get": "https://shop.example/", "expect": [{ "status": 200 }] }]);
        let of_test = suite(&[page(&name, "https://shop.example/")]);
        let of_step = suite(&[json!({ "name": "Page", "steps": steps })]);
        for suite in [named, tagged, of_test, of_step] {
            for action in ["run", "suites.put"] {
                let refused = client.ask(json!({ "action": action, "suite": suite })).await;
                assert_eq!(refused["code"], "invalid_suite", "{name:?}: {refused}");
                let problem = refused["problems"][0]["message"].as_str().expect("a problem");
                assert!(problem.contains("cannot be in a name"), "{problem}");
            }
        }
        for command in [
            run("labels", json!({ "branch": name })),
            run("labels", json!({ name.as_str(): "main" })),
            run("tags", json!([name])),
            run("vars", json!({ name.as_str(): "x" })),
            json!({ "action": "suites.put", "name": name, "suite": good }),
        ] {
            let refused = client.ask(command.clone()).await;
            assert_eq!(refused["code"], "bad_request", "{command}: {refused}");
        }
    }
    let family = "Familie \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} – می\u{200c}خواهم";
    assert_eq!(client.ask(json!({ "action": "suites.put", "name": family, "suite": good })).await["type"], "ok");
    deployment.stop().await;
}
