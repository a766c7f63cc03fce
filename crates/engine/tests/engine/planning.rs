//! From a suite to the tests that are run.

use super::site::{Site, suite};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use std::collections::BTreeMap;
use std::io::Write;
use stepcast_engine::PlannedTest;

fn names(plan: &[PlannedTest]) -> Vec<&str> {
    plan.iter().map(|test| test.name.as_str()).collect()
}

fn host(headers: &HeaderMap) -> String {
    headers["host"].to_str().expect("a host").to_owned()
}

fn urlset(host: &str, pages: &[&str]) -> String {
    let pages: Vec<_> = pages.iter().map(|page| format!("<url><loc>http://{host}{page}</loc></url>")).collect();
    format!("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">{}</urlset>", pages.concat())
}

fn sitemaps() -> Router {
    Router::new()
        .route(
            "/sitemap.xml",
            get(|h: HeaderMap| async move { urlset(&host(&h), &["/", "/a?x=1&amp;y=2", "/b", "/", "/b#part"]) }),
        )
        .route(
            "/packed.xml.gz",
            get(|h: HeaderMap| async move {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                gzip.write_all(urlset(&host(&h), &["/packed", "/b"]).as_bytes()).expect("memory");
                ([("content-type", "application/gzip")], gzip.finish().expect("memory"))
            }),
        )
        .route(
            "/index.xml",
            get(|h: HeaderMap| async move {
                let names = ["sitemap.xml", "packed.xml.gz", "index.xml"];
                let listed = names.map(|name| format!("<sitemap><loc>http://{}/{name}</loc></sitemap>", host(&h)));
                format!("<sitemapindex>{}</sitemapindex>", listed.concat())
            }),
        )
        .route("/list.txt", get(|h: HeaderMap| async move { format!("http://{0}/a\r\nhttp://{0}/b\r\n", host(&h)) }))
        .route(
            "/latin.xml",
            get(|h: HeaderMap| async move {
                let declaration = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
                let urls = format!("{declaration}<urlset><url><loc>http://{}/caf", host(&h));
                ([("content-type", "text/xml")], [urls.as_bytes(), b"\xe9</loc></url></urlset>"].concat())
            }),
        )
        .route("/empty.xml", get(|| async { "<urlset><url><loc>mailto:a@b</loc></url></urlset>" }))
        .route("/page.html", get(|| async { "<html><body>hello</body></html>" }))
        .route("/gone.xml", get(|| async { StatusCode::GONE }))
}

#[tokio::test]
async fn every_combination_is_a_test() {
    let mut site = Site::start().await;
    site.vars.insert("end".into(), "!".into());
    let tests = suite(
        "- { name: Home, get: '${base}/' }
- name: In ${lang}
  each: { lang: [en, de], size: [1, '2${end}'] }
  get: ${base}/${lang}
- { name: Off, skip: true, each: { n: [1, 2] }, get: '${base}/' }",
    );
    let plan = site.plan(&tests).await.expect("a plan");
    let expected =
        ["Home", "In en [size=1]", "In en [size=2!]", "In de [size=1]", "In de [size=2!]", "Off [n=1]", "Off [n=2]"];
    assert_eq!(names(&plan), expected);
    assert_eq!(plan.iter().map(|test| test.test).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(plan.iter().map(|test| test.definition).collect::<Vec<_>>(), [0, 1, 1, 1, 1, 2, 2]);
    assert_eq!(plan.iter().map(|test| test.skip).collect::<Vec<_>>(), [false, false, false, false, false, true, true]);
    let variables = BTreeMap::from([("lang".to_owned(), "en".to_owned()), ("size".to_owned(), "2!".to_owned())]);
    assert_eq!(plan[2].variables, variables);
}

#[tokio::test]
async fn the_rows_of_a_table_are_tests() {
    let site = Site::start().await;
    let tests = suite(
        "- name: In ${city}
  each:
    csv: |
      lang, city
      en,\"London, UK\"
      de,${base}
    size: [1, 2]
  get: ${base}/${lang}
- name: Row
  each: { json: [ { id: 1, on: true }, { id: 1, on: false } ] }
  get: ${base}/?${id}&${on}",
    );
    let plan = site.plan(&tests).await.expect("a plan");
    let base = &site.base;
    let expected = [
        "In London, UK [size=1]".to_owned(),
        "In London, UK [size=2]".to_owned(),
        format!("In {base} [size=1]"),
        format!("In {base} [size=2]"),
        "Row [id=1]".to_owned(),
        "Row [id=1] #2".to_owned(),
    ];
    assert_eq!(names(&plan), expected);
    assert_eq!(plan[5].variables, BTreeMap::from([("id", "1"), ("on", "false")].map(|(k, v)| (k.into(), v.into()))));
}

#[tokio::test]
async fn only_tests_marked_only_are_run() {
    let mut site = Site::start().await;
    let tests = suite(
        "- { name: A, tags: x, get: '${base}/' }
- { name: B, only: true, get: '${base}/' }
- { name: C, only: true, skip: true, get: '${base}/' }
- { name: D, discover: { sitemap: '${base}/gone.xml' } }",
    );
    let skipped = |plan: &[PlannedTest]| plan.iter().map(|test| (test.name.clone(), test.skip)).collect::<Vec<_>>();
    let plan = site.plan(&tests).await.expect("the sitemap is not asked for");
    let expected = [("A", true), ("B", false), ("C", true), ("D", true)];
    assert_eq!(skipped(&plan), expected.map(|(name, skip)| (name.to_owned(), skip)));
    site.tags = vec!["x".to_owned()];
    let plan = site.plan(&tests).await.expect("a plan");
    assert_eq!(skipped(&plan), [("A".to_owned(), false)], "a test that is not chosen asks for nothing");
}

#[tokio::test]
async fn tags_choose() {
    let mut site = Site::start().await;
    let tests = suite(
        "- { name: A, tags: [smoke, shop], get: '${base}/' }
- { name: B, tags: [smoke], get: '${base}/' }
- { name: C, get: '${base}/' }",
    );
    for (tags, expected) in [
        (&[][..], &["A", "B", "C"][..]),
        (&["smoke,shop"], &["A"]),
        (&["smoke"], &["A", "B"]),
        (&["x"], &[]),
        (&["x,smoke", " shop , smoke "], &["A"]),
        (&["shop", "smoke"], &["A", "B"]),
    ] {
        site.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        assert_eq!(names(&site.plan(&tests).await.expect("a plan")), expected, "{tags:?}");
    }
}

#[tokio::test]
async fn pages_are_discovered() {
    let site = Site::serve(sitemaps()).await;
    let tests = suite(
        "- { name: Before, get: '${base}/' }
- { name: Page, discover: { sitemap: '${base}/sitemap.xml' } }
- { name: Packed, discover: { sitemap: '${base}/packed.xml.gz' } }
- { name: All, discover: { sitemap: '${base}/index.xml' } }
- { name: Two, discover: { sitemap: '${base}/index.xml', limit: 2 } }
- { name: List, discover: { sitemap: '${base}/list.txt' } }
- { name: Latin, discover: { sitemap: '${base}/latin.xml' } }
- { name: Off, skip: true, discover: { sitemap: '${base}/gone.xml' } }
- { name: 'In ${lang}', each: { lang: [en, de] }, discover: { sitemap: '${base}/packed.xml.gz', limit: 1 } }",
    );
    let plan = site.plan(&tests).await.expect("a plan");
    insta::assert_snapshot!(names(&plan).join("\n"), @r#"
    Before
    Page: /
    Page: /a?x=1&y=2
    Page: /b
    Packed: /packed
    Packed: /b
    All: /
    All: /a?x=1&y=2
    All: /b
    All: /packed
    Two: /
    Two: /a?x=1&y=2
    List: /a
    List: /b
    Latin: /caf%C3%A9
    Off
    In en: /packed
    In de: /packed
    "#);
    assert_eq!(plan[2].variables, BTreeMap::from([("page".to_owned(), format!("{}/a?x=1&y=2", site.base))]));
    assert_eq!(plan, site.plan(&tests).await.expect("a plan"), "the same plan every time");
}

#[tokio::test]
async fn a_sitemap_without_pages_is_a_problem() {
    let site = Site::serve(sitemaps()).await;
    let mut report = String::new();
    for path in ["empty.xml", "page.html", "gone.xml", "missing.xml"] {
        let tests = suite(&format!("- {{ name: t, discover: {{ sitemap: '${{base}}/{path}' }} }}"));
        let error = site.plan(&tests).await.expect_err(path);
        report = report + &error.message + "\n  hint: " + error.hint.as_deref().unwrap_or_default() + "\n";
        assert!(!error.temporary);
    }
    insta::assert_snapshot!(report.replace(&site.base, "http://site"), @r#"
    test `t`: the sitemap contains no addresses
      hint: only absolute `http:` and `https:` addresses are accepted
    test `t`: `http://site/page.html` is not a sitemap: it begins with `<html>`
      hint: a sitemap is XML with `urlset` or `sitemapindex` as its root element, or a text with one address per line
    test `t`: `http://site/gone.xml` could not be fetched: the server answered 410 Gone
      hint: open the address in a browser; it may have moved or need a header
    test `t`: `http://site/missing.xml` could not be fetched: the server answered 404 Not Found
      hint: open the address in a browser; it may have moved or need a header
    "#);
}

#[tokio::test]
async fn a_plan_has_an_end() {
    let site = Site::start().await;
    let values = (0..101).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let tests = suite(&format!("- {{ name: t, each: {{ a: [{values}], b: [{values}] }}, get: '${{base}}/' }}"));
    let error = site.plan(&tests).await.expect_err("too many");
    assert_eq!(error.message, "there are more than 10000 tests once `each` and `discover` are expanded");
}

#[tokio::test]
async fn a_plan_survives_being_stored() {
    let site = Site::start().await;
    let tests = suite("- { name: t, each: { a: [1] }, get: '${base}/' }\n- { name: u, get: '${base}/' }");
    let plan = site.plan(&tests).await.expect("a plan");
    let json = serde_json::to_string(&plan).expect("JSON");
    assert_eq!(
        json,
        r#"[{"test":0,"name":"t [a=1]","definition":0,"variables":{"a":"1"}},{"test":1,"name":"u","definition":1}]"#
    );
    assert_eq!(serde_json::from_str::<Vec<PlannedTest>>(&json).expect("a plan"), plan);
}
