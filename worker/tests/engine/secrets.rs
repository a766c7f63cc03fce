//! Secrets stay inside, also when a page echoes them.

use super::site::{Site, Watcher, echo, suite};
use axum::Router;
use axum::extract::RawQuery;
use axum::routing::{any, get};

const SECRET: &str = "p&ss w/ord<1>";

#[tokio::test]
async fn an_echoed_secret_does_not_show() {
    let mirror = |RawQuery(query): RawQuery| async move {
        let query = query.unwrap_or_default();
        let html = SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        format!("<p title=\"{html}\">{html}</p><a href=\"?{query}\">{query}</a>")
    };
    let site = Site::serve(Router::new().route("/mirror", get(mirror)).route("/echo", any(echo)))
        .await
        .with_secret("password", SECRET)
        .with_secret("pin", "123");
    let mut watcher = Watcher::default();
    let end = site
        .run_watched(
            "- name: t
  steps:
    - name: Send ${secret.password}
      post: ${base}/echo
      form: { password: '${secret.password}' }
      headers: { authorization: 'Bearer ${secret.password}' }
      capture: { sent: { json: $.body } }
      expect: [ { json: $.headers.authorization, contains: '${secret.password}' } ]
    - get: ${base}/mirror?q=${secret.password}&pin=${secret.pin}
      expect:
        - { css: p, text: 'not ${secret.password}' }
        - { css: p, attr: title, matches: '^${secret.password}$$' }
        - { body: { empty: true } }
        - { url: { contains: nowhere } }
        - { regex: 'q=[^ ]*', equals: '${sent}' }
        - { css: 'p[title=\"${secret.password}x\"]' }",
            &mut watcher,
        )
        .await;
    let told = format!(
        "{}\n{}\n{}",
        watcher.heard.join("\n").replace(&site.base, "http://site"),
        site.told(&end.steps[0].checks),
        site.told(&end.steps[1].checks)
    );
    assert!(!told.contains("ord"), "{told}");
    insta::assert_snapshot!(told, @"");
}

#[tokio::test]
async fn a_secret_does_not_show_where_a_request_or_a_plan_goes_wrong() {
    let site = Site::start().await.with_secret("host", "s3cr3t.invalid").with_secret("word", "Geheim nis");
    let told = site.tell("http://${secret.host}/", "- status: 200").await
        + &site.tell("${base}/", "- { regex: '(${secret.word}' }").await;
    assert!(!told.contains("s3cr3t") && !told.contains("Geheim"), "{told}");
    let discovering = suite("- { name: 'In ${secret.word}', discover: { sitemap: 'http://${secret.host}/' } }");
    let error = site.plan(&discovering).await.expect_err("no such host");
    assert!(error.message.starts_with("test `In ***`: the sitemap `http://***/` could not be fetched"), "{error}");
    let each = suite("- { name: t, get: '${base}', each: { x: ['${secret.word}'] } }");
    let error = site.plan(&each).await.expect_err("a plan holds no secrets");
    assert_eq!(error.message, "test `t`: a value of `each.x` uses a secret");
}

#[tokio::test]
async fn a_sitemap_cannot_ask_for_a_secret() {
    let sitemap = |axum::http::HeaderMap { .. }: axum::http::HeaderMap| async { "" };
    let _ = sitemap;
    let site = Site::serve(
        Router::new()
            .route(
                "/sitemap.xml",
                get(|headers: axum::http::HeaderMap| async move {
                    let host = headers["host"].to_str().expect("a host").to_owned();
                    format!("<urlset><url><loc>http://{host}/echo?${{secret.key}}</loc></url></urlset>")
                }),
            )
            .route("/echo", any(echo)),
    )
    .await
    .with_secret("key", "s3cr3t");
    let end = site.run("- { name: t, discover: { sitemap: '${base}/sitemap.xml' }, expect: [ { json: $.uri, contains: s3cr3t } ] }").await;
    assert_eq!(end.outcome, stepcast_protocol::Outcome::Failed);
}
