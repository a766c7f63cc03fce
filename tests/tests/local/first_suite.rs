//! The first hour: `init` writes a suite for an address, and `fmt` gives suites one form.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::get;
use std::path::Path;
use stepcast_tests::{Ran, binary};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::Command;

/// A title that is hard to write down: YAML, a template and a secret's name.
const TITLE: &str = r#"Lamps: "${secret.x}" {all} # 'here'"#;

/// A site with all that `init` looks for.
async fn site() -> String {
    let page = format!(
        "<!doctype html><title>\n {TITLE} </title><link rel=alternate type=application/rss+xml href=/feed>\
         <link rel=alternate type=application/json href=/data.json><h1>Lamps</h1><a href=/lamps>All</a>"
    );
    let feed = "<rss version='2.0'><channel><item><title>New</title></item></channel></rss>";
    let map = |base: &str| {
        format!(
            "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{base}/lamps</loc></url></urlset>"
        )
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let (robots, map) = (format!("Sitemap: {base}/map.xml\n"), map(&base));
    let router = Router::new()
        .route("/", get(|| async { Redirect::to("/home") }))
        .route("/home", get(|| async { Html(page) }))
        .route("/lamps", get(|| async { Html("<title>All lamps</title>") }))
        .route("/feed", get(move || async move { ([(CONTENT_TYPE, "application/rss+xml")], feed).into_response() }))
        .route("/data.json", get(|| async { ([(CONTENT_TYPE, "application/json")], r#"{"items":[],"next":null}"#) }))
        .route("/robots.txt", get(|| async { robots }))
        .route("/map.xml", get(|| async { ([(CONTENT_TYPE, "application/xml")], map) }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

async fn stepcast(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(binary("stepcast"));
    command.args(arguments).current_dir(folder).env_remove("GITHUB_ACTIONS").env("CI", "true");
    let ran = command.output().await.expect("the command runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: ran.status.code().unwrap_or(-1), stdout: text(&ran.stdout), stderr: text(&ran.stderr) }
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

#[tokio::test]
async fn a_first_suite_checks_what_was_found_and_passes() {
    let (base, folder) = (site().await, folder());
    let ran = stepcast(folder.path(), &["init", &base]).await;
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("wrote 127.0.0.1.stepcast.yaml"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`stepcast check 127.0.0.1.stepcast.yaml --watch`"), "{}", ran.stderr);
    let suite = std::fs::read_to_string(folder.path().join("127.0.0.1.stepcast.yaml")).expect("a suite");
    let settled = suite.replace(&base, "http://shop.example").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(settled, @r#"
    # yaml-language-server: $schema=https://raw.githubusercontent.com/stepcast/stepcast/vVERSION/docs/suite.schema.json
    suite: '127.0.0.1'
    vars:
      base: http://shop.example
    tests:
      - name: The page
        get: ${base}/home
        expect:
          - status: 200
          - header: content-type
            starts_with: text/html
          - css: title
            text: "Lamps: \"$${secret.x}\" {all} # 'here'"
          - css: h1
            text: Lamps
          - time: { below: 5s }

      - name: The feed at /feed
        get: ${base}/feed
        expect:
          - status: 200
          - xpath: //*[local-name()='item' or local-name()='entry']
            count: { at_least: 1 }

      - name: JSON at /data.json
        get: ${base}/data.json
        expect:
          - status: 200
          - json: $
            exists: true

      - name: The links of the page
        get: ${base}/home
        expect:
          # Each link to the same host has to answer.
          - links: { scope: same_host }

      - name: Pages of the sitemap
        # Up to 25 for the beginning; raise the limit to test all of them.
        discover: { sitemap: ${base}/map.xml, limit: 25 }
        expect:
          - status: 200
          - css: title
            exists: true
    "#);
    for arguments in [&["lint", "127.0.0.1.stepcast.yaml"][..], &["fmt", "--check", "127.0.0.1.stepcast.yaml"]] {
        let ran = stepcast(folder.path(), arguments).await;
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    }

    let again = stepcast(folder.path(), &["init", &base]).await;
    assert_eq!(again.code, 2, "{}", again.stderr);
    assert!(again.stderr.contains("`127.0.0.1.stepcast.yaml` exists\n\nhint: name another file"), "{}", again.stderr);
    let document = stepcast(folder.path(), &["init", &format!("{base}/data.json"), "data.yaml"]).await;
    assert_eq!(document.code, 0, "{}{}", document.stdout, document.stderr);
    let suite = std::fs::read_to_string(folder.path().join("data.yaml")).expect("a suite");
    assert!(suite.contains("- json: $.items\n        exists: true\n      - json: $.next\n"), "{suite}");
}

#[tokio::test]
async fn no_suite_is_written_for_what_cannot_be_looked_at() {
    let folder = folder();
    for (address, code, told) in [
        ("127.0.0.1:9", 3, "error: http://127.0.0.1:9/ cannot be looked at: could not connect"),
        ("ftp://shop.example", 2, "an address begins with `https://` or `http://`"),
        ("https://me:secret@shop.example", 2, "a password does not belong into an address"),
        ("https://", 2, "it is not an address"),
    ] {
        let ran = stepcast(folder.path(), &["init", address]).await;
        assert_eq!(ran.code, code, "{address}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{address}: {}", ran.stderr);
        assert!(!ran.stderr.contains("me:secret") || code == 2);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[tokio::test]
async fn suites_have_one_form_and_say_the_same_in_it() {
    let folder = folder();
    let text = "# What it is for\nsuite:   Shop\nvars: {base: 'https://shop.example'}   # staging\ntests:\n- name: \"Home\"\n  \
                get: ${base}/\n  expect: [{status: 200},   {css: h1, text: '${title} \"x\"'}]\n\n\n\n- {name: Form, post: ${base}/form, form: {user: ${user}}}\n";
    std::fs::write(folder.path().join("a.yaml"), text).expect("a suite");
    let checked = stepcast(folder.path(), &["fmt", "--check", "a.yaml"]).await;
    assert_eq!((checked.code, checked.stderr.as_str()), (1, "a.yaml is not formatted\n"));
    let formatted = stepcast(folder.path(), &["fmt", "a.yaml"]).await;
    assert_eq!((formatted.code, formatted.stderr.as_str()), (0, "formatted a.yaml\n"));
    let after = std::fs::read_to_string(folder.path().join("a.yaml")).expect("a suite");
    insta::assert_snapshot!(after, @r#"
    # What it is for
    suite: Shop
    vars: { base: 'https://shop.example' } # staging
    tests:
      - name: 'Home'
        get: ${base}/
        expect: [{ status: 200 }, { css: h1, text: '${title} "x"' }]

      - { name: Form, post: ${base}/form, form: { user: ${user} } }
    "#);
    let again = stepcast(folder.path(), &["fmt", "a.yaml", "--check"]).await;
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is left beside it");
}

#[tokio::test]
async fn what_cannot_be_formatted_is_left_as_it_is() {
    let folder = folder();
    let deep = format!("a: {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
    for (name, text, told) in [
        ("suite.json", "{}", "`suite.json` is JSON"),
        ("broken.yaml", "suite: [\n", "`broken.yaml`: "),
        ("deep.yaml", &deep, "`deep.yaml`: "),
        ("private.yaml", "suite: a\u{F0101}b\nvars: {a: ${b}}\n", "`private.yaml`: "),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file");
        let ran = stepcast(folder.path(), &["fmt", name]).await;
        assert_eq!(ran.code, 2, "{name}: {}", ran.stderr);
        assert!(ran.stderr.starts_with(&format!("error: {told}")), "{name}: {}", ran.stderr);
        assert_eq!(std::fs::read_to_string(folder.path().join(name)).expect("a file"), text);
    }
}

#[tokio::test]
async fn the_examples_are_formatted() {
    let examples = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples"));
    let paths = std::fs::read_dir(examples).expect("examples").map(|entry| entry.expect("a file").path());
    let suites: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    let names: Vec<&str> = suites.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert!(names.contains(&"shop.yaml"), "{names:?}");
    let ran = stepcast(examples, &[&["fmt", "--check"][..], &names].concat()).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
