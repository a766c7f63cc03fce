//! Pages found by links, patterns over what is found, and what `robots.txt` asks for.

use super::site::{Site, html, suite};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;

/// `/` leads to `/a`, `/b/` and another host; `/a` to `/a/deep`; `/b/` to `/b/c` by a base of its own.
fn linked() -> Router {
    Router::new()
        .route(
            "/",
            get(|| async {
                html(
                    "<a href=/a#x>A</a> <a href='/a'>again</a> <map><area href=b/></map> <a href=/gone>gone</a>
                    <a href='http://other.example/'>other</a> <a href=mailto:a@b>mail</a> <a href=/private/x>no</a>",
                )
            }),
        )
        .route("/a", get(|| async { html("<a href=/a/deep>deep</a> <a href=/>home</a>") }))
        .route("/a/deep", get(|| async { html("<a href=/a/deeper>deeper</a>") }))
        .route("/b/", get(|| async { html("<base href=/b/base/><a href=../c>c</a>") }))
        .route("/private/x", get(|| async { html("<a href=/private/y>y</a>") }))
        .route("/data", get(|| async { ([("content-type", "application/json")], "<a href=/x>") }))
}

const ROBOTS: &str = "User-agent: *\nDisallow: /private\n\nUser-agent: nightly\nDisallow: /a";

fn with_robots(status: StatusCode) -> Router {
    linked().route("/robots.txt", get(move || async move { (status, ROBOTS) }))
}

/// The pages of the test, without the host.
async fn pages(site: &Site, discover: &str) -> Result<String, String> {
    let tests = suite(&format!("- {{ name: P, discover: {{ {discover} }} }}"));
    let plan = site.plan(&tests).await.map_err(|error| {
        format!("{} ({})", error.message, error.hint.unwrap_or_default()).replace(&site.base, "http://site")
    })?;
    let names = plan.iter().map(|test| test.variables["page"].replace(&site.base, ""));
    Ok(names.collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn links_are_followed_as_deep_as_asked_for() {
    let site = Site::serve(linked()).await;
    for (discover, expected) in [
        ("links: '${base}/'", "/ /a /b/ /gone /private/x"),
        ("links: '${base}/', depth: 0", "/"),
        ("links: '${base}/', depth: 2", "/ /a /b/ /gone /private/x /a/deep /b/c /private/y"),
        ("links: '${base}/', depth: 2, limit: 3", "/ /a /b/"),
        ("links: '${base}/', depth: 9, include: deep", "/a/deep /a/deeper"),
        ("links: '${base}/', depth: 9, exclude: ['/a$', private, '${base}/gone']", "/ /b/ /b/c"),
    ] {
        assert_eq!(pages(&site, discover).await.as_deref(), Ok(expected), "{discover}");
    }
}

#[tokio::test]
async fn other_hosts_are_taken_only_if_asked_for() {
    let site = Site::serve(linked()).await;
    let found = pages(&site, "links: '${base}/', scope: any, depth: 3, include: other, robots: ignore").await;
    assert_eq!(found.as_deref(), Ok("http://other.example/"));
}

#[tokio::test]
async fn robots_are_kept_out_where_the_site_asks_for_it() {
    let site = Site::serve(with_robots(StatusCode::OK)).await;
    assert_eq!(pages(&site, "links: '${base}/', depth: 2").await.as_deref(), Ok("/ /a /b/ /gone /a/deep /b/c"));
    assert_eq!(
        pages(&site, "links: '${base}/', depth: 2, include: private, robots: ignore").await.as_deref(),
        Ok("/private/x /private/y")
    );
    let error = pages(&site, "links: '${base}/private/x'").await.expect_err("nothing is left");
    assert_eq!(
        error,
        "test `P`: no page is left: 0 left out by `include` and `exclude`, 1 by the site's robots.txt \
         (write `robots: ignore` if the site is yours)"
    );
}

#[tokio::test]
async fn the_rules_for_another_user_agent_are_its_own() {
    let site = Site::serve(with_robots(StatusCode::OK)).await;
    let text = "{ suite: s, vars: { base: x }, defaults: { user_agent: Nightly/2 }, tests: [ { name: P, discover: { links: '${base}/' } } ] }";
    let suite = stepcast_suite::Suite::parse(text).expect("a suite");
    let plan = site.plan(&suite).await.expect("a plan");
    let names: Vec<&str> = plan.iter().map(|test| test.name.as_str()).collect();
    assert_eq!(names, ["P: /", "P: /b/", "P: /gone", "P: /private/x"]);
}

#[tokio::test]
async fn an_unavailable_robots_txt_is_a_problem() {
    let site = Site::serve(with_robots(StatusCode::INTERNAL_SERVER_ERROR)).await;
    let error = pages(&site, "links: '${base}/'").await.expect_err("the rules are unavailable");
    assert_eq!(
        error,
        "test `P`: the site's robots.txt could not be used: `http://site/robots.txt` could not be fetched: the \
         server answered 500 Internal Server Error (correct `/robots.txt`, or write `robots: ignore` if the site is \
         yours)"
    );
    assert!(pages(&site, "links: '${base}/', robots: ignore").await.is_ok());
}

#[tokio::test]
async fn a_first_page_that_is_not_there_is_a_problem() {
    let site = Site::serve(linked()).await;
    let error = pages(&site, "links: '${base}/nowhere'").await.expect_err("no such page");
    assert!(
        error.starts_with("test `P`: `http://site/nowhere` could not be fetched: the server answered 404"),
        "{error}"
    );
}

#[tokio::test]
async fn sitemaps_are_chosen_from_and_held_against_the_rules() {
    let sitemap = |headers: HeaderMap| async move {
        let host = headers["host"].to_str().expect("a host").to_owned();
        ["/", "/a", "/a?print", "/private/x"].map(|path| format!("<url><loc>http://{host}{path}</loc></url>")).concat()
    };
    let sitemap = move |headers| async move { format!("<urlset>{}</urlset>", sitemap(headers).await) };
    let site = Site::serve(with_robots(StatusCode::OK).route("/sitemap.xml", get(sitemap))).await;
    for (discover, expected) in [
        ("sitemap: '${base}/sitemap.xml'", "/ /a /a?print"),
        ("sitemap: '${base}/sitemap.xml', robots: ignore, exclude: ['\\?']", "/ /a /private/x"),
        ("sitemap: '${base}/sitemap.xml', include: [/a], limit: 1", "/a"),
    ] {
        assert_eq!(pages(&site, discover).await.as_deref(), Ok(expected), "{discover}");
    }
    let error = pages(&site, "sitemap: '${base}/sitemap.xml', include: nothing").await.expect_err("nothing is left");
    assert!(error.contains("4 left out by `include` and `exclude`, 0 by"), "{error}");
}
