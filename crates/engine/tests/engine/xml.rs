//! XML is read as XML.

use super::site::Site;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use stepcast_protocol::Outcome;

const CATALOG: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE Catalog SYSTEM \"http://127.0.0.1:1/catalog.dtd\">
<Catalog><Book id='b1'/><Book id='b2'>Two &amp; a half<Price>5</Price></Book><book/><!-- old --><?go now?></Catalog>";
const RSS: &str = "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>News</title>
<item><title><![CDATA[A <b>bold</b> title]]></title><link>http://h/1</link><dc:creator xml:lang='en'>Ann</dc:creator></item>
<item><title>B</title><link>http://h/2</link><dc:creator>Bob</dc:creator></item></channel></rss>";
const ATOM: &str = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:x='urn:x'><title>Feed</title>
<entry x:rank='1'><title>One</title></entry><entry><title>Two</title></entry></feed>";

async fn document(Path(name): Path<String>) -> Response {
    let (content_type, body): (_, &[u8]) = match name.as_str() {
        "catalog" => ("application/xml", CATALOG.as_bytes()),
        "unnamed" => ("text/plain", CATALOG.as_bytes()),
        "rss" => ("application/rss+xml; charset=utf-8", RSS.as_bytes()),
        "atom" => ("application/atom+xml", ATOM.as_bytes()),
        "latin" => ("text/xml", b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"),
        "xhtml" => {
            ("application/xhtml+xml", b"<html xmlns='http://www.w3.org/1999/xhtml'><body><P/><p>x</p></body></html>")
        }
        "page" => ("text/html", b"<?xml version='1.0'?><html><body><br><P>x</body></html>"),
        "bomb" => ("text/xml", b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"),
        _ => ("text/xml", b"<a>\n <b></a>"),
    };
    ([("content-type", content_type)], body.to_vec()).into_response()
}

async fn site() -> Site {
    Site::serve(Router::new().route("/{name}", get(document))).await
}

/// Runs checks of a document. Those marked with `no` have to fail, and all others have to hold.
async fn hold(name: &str, checks: &[&str]) {
    let site = site().await;
    let list: Vec<String> =
        checks.iter().map(|check| format!("- {{ {} }}\n", check.trim_start_matches("no "))).collect();
    let list = list.concat();
    let results = site.check(&format!("${{base}}/{name}"), &list).await;
    for (check, result) in checks.iter().zip(&results) {
        let expected = if check.starts_with("no ") { Outcome::Failed } else { Outcome::Passed };
        assert_eq!(result.outcome, expected, "{check}\n{}", site.describe(std::slice::from_ref(result)));
    }
    assert_eq!(results.len(), checks.len(), "{name}");
}

#[tokio::test]
async fn names_have_their_case_and_elements_their_place() {
    for name in ["catalog", "unnamed"] {
        hold(
            name,
            &[
                "xpath: count(/Catalog/Book), equals: 2",
                "xpath: count(/Catalog/book), equals: 1",
                "xpath: //catalog, exists: false",
                "no xpath: //BOOK",
                "xpath: '//Book[2]', text: Two & a half5",
                "xpath: '//Book[2]/Price', text: '5'",
                "xpath: '//Book[1]/node()', exists: false",
                "xpath: '//comment()', text: old",
                "xpath: '//processing-instruction()'",
                "xpath: name(/*), equals: Catalog",
                "css: Catalog > Book, count: 2",
                "no css: catalog",
                "css: 'Book[id=b2] Price', text: '5'",
                "css: 'Book:nth-child(2 of Book)', attr: id, equals: b2",
                "css: 'Book[id=b2]', html: Two &amp; a half<Price>5</Price>",
            ],
        )
        .await;
    }
    hold("latin", &["xpath: /a, text: é", "css: a, text: é"]).await;
}

#[tokio::test]
async fn names_have_their_namespaces() {
    hold(
        "rss",
        &[
            "xpath: //item/link, texts: [http://h/1, http://h/2]",
            "xpath: \"//*[local-name()='creator']\", count: 2",
            "xpath: //dc:creator, texts: [Ann, Bob]",
            "xpath: //creator, exists: false",
            "xpath: '//dc:*', count: 2",
            "xpath: '//item[1]/title', text: A <b>bold</b> title",
            "xpath: 'name(//dc:creator)', equals: dc:creator",
            "xpath: 'namespace-uri(//dc:creator)', equals: http://purl.org/dc/elements/1.1/",
            "xpath: '//dc:creator[lang(\"en\")]', count: 1",
            "xpath: '//dc:creator/@xml:lang', text: en",
            "css: 'dc|creator', texts: [Ann, Bob]",
            "css: creator, count: 2",
            "css: 'item > title', count: 2",
            "css: 'dc|creator', attr: xml:lang, equals: en",
        ],
    )
    .await;
    hold(
        "atom",
        &[
            "xpath: //entry, count: 0",
            "xpath: //_:entry/_:title, texts: [One, Two]",
            "xpath: '//_:entry[@x:rank]', count: 1",
            "css: entry > title, texts: [One, Two]",
        ],
    )
    .await;
    hold("xhtml", &["xpath: //_:p, count: 1", "css: p, text: x", "css: P, count: 1"]).await;
    hold("page", &["xpath: //p, text: x", "css: body > p, count: 1"]).await;
}

#[tokio::test]
async fn a_suite_names_namespaces_and_says_how_a_body_is_read() {
    let site = site().await;
    let defaults = json!({ "namespaces": { "a": "http://www.w3.org/2005/Atom", "x": "urn:y" } });
    let end = site
        .run_with(
            &defaults,
            "- name: t
  steps:
    - get: ${base}/atom
      capture: { title: { xpath: '//a:entry[2]/a:title' } }
      expect:
        - { xpath: //a:entry, count: 2 }
        - { css: 'a|entry', count: 2 }
        - { xpath: '//@x:rank', exists: false }
        - { xpath: '//a:title[. = \"${title}\"]', count: 1 }
    - get: ${base}/catalog
      as: html
      expect: [ { xpath: //BOOK, count: 3 }, { css: catalog } ]
    - get: ${base}/malformed
      as: html
      expect: [ { css: b } ]",
        )
        .await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
    // The page is HTML, which an XML parser cannot read.
    let html_as_xml = "- { name: t, get: '${base}/page', as: xml, expect: [ { xpath: //nav, exists: false } ] }";
    assert_eq!(site.run_with(&json!({}), html_as_xml).await.outcome, Outcome::Failed);
}

#[tokio::test]
async fn failures_are_explained() {
    let site = site().await;
    let mut report = String::new();
    for (name, checks) in [
        ("atom", "- { xpath: //entry/title }\n- { xpath: //_:entrys }\n- { xpath: //b:entry }\n- { css: 'b|entry' }"),
        ("rss", "- { xpath: //Item }\n- { css: 'item > dc|creators' }\n- { xpath: //creator, count: { above: 0 } }"),
        ("malformed", "- { xpath: //c, exists: false }\n- { css: b }\n- not: { css: b }"),
        ("bomb", "- { xpath: /a }"),
        ("page", "- { xpath: //dc:creator }"),
    ] {
        report += &site.report(&format!("${{base}}/{name}"), checks).await;
    }
    insta::assert_snapshot!(report, @r#"
    failed: xpath `//entry/title` exists
      expected: something
      actual: nothing
      hint: nothing matches `//entry`; 2 elements of that name are in the namespace `http://www.w3.org/2005/Atom`: write `_:entry`
    failed: xpath `//_:entrys` exists
      expected: something
      actual: nothing
      hint: nothing matches `//_:entrys`; there is `_:entry` (2)
    errored: xpath `//b:entry` exists
      actual: `b:` has no namespace; declare it under `namespaces` of `defaults`, or use `_:`, `x:`, `xml:`
    errored: css `b|entry` exists
      actual: `b|entry` is not a CSS selector: it has a prefix that no namespace is declared for
    failed: xpath `//Item` exists
      expected: something
      actual: nothing
      hint: nothing matches `//Item`; there is `item` (2)
    failed: css `item > dc|creators` exists
      expected: something
      actual: nothing
      hint: `item` matches 2 elements, `item > dc|creators` matches none; there is `creator` (2)
    failed: xpath `//creator` count above 0
      expected: above 0
      actual: 0
      hint: nothing matches `//creator`; 2 elements of that name are in the namespace `http://purl.org/dc/elements/1.1/`: write `dc:creator`
    failed: xpath `//c` does not exist
      expected: nothing
      actual: "<a>\n <b></a>", the body is not well-formed XML: ill-formed document: expected `</b>`, but `</a>` was found at line 2, column 5
      hint: correct the document; `as: html` on the step reads it as browsers read HTML
    failed: css `b` exists
      expected: something
      actual: "<a>\n <b></a>", the body is not well-formed XML: ill-formed document: expected `</b>`, but `</a>` was found at line 2, column 5
      hint: correct the document; `as: html` on the step reads it as browsers read HTML
    failed: not (css `b` exists)
      expected: the check not to hold
      actual: "<a>\n <b></a>", the body is not well-formed XML: ill-formed document: expected `</b>`, but `</a>` was found at line 2, column 5
      hint: correct the document; `as: html` on the step reads it as browsers read HTML
    errored: xpath `/a` exists
      actual: the document declares entities of its own, which are not expanded; `as: html` leaves them as they are
    errored: xpath `//dc:creator` exists
      actual: `dc:` is a prefix, and HTML has no prefixes; write the name alone
    "#);
    let end = site
        .run("- name: t\n  get: ${base}/malformed\n  capture: { b: { css: b } }\n  expect: [ { status: 200 } ]")
        .await;
    assert_eq!(end.outcome, Outcome::Failed);
    insta::assert_snapshot!(site.describe(&end.steps[0].checks), @r#"
    failed: capture b
      expected: a value
      actual: "<a>\n <b></a>", the body is not well-formed XML: ill-formed document: expected `</b>`, but `</a>` was found at line 2, column 5
      hint: correct the document; `as: html` on the step reads it as browsers read HTML
    passed: status equals 200
    "#);
}
