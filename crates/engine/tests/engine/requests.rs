//! What is sent, what comes back, and what goes wrong on the way.

use super::site::{HOME, Site, echo, to};
use axum::Router;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::routing::{any, get};
use std::io::Write;
use stepcast_protocol::Outcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn redirects_lead_where_browsers_go() {
    let latin = || async { (StatusCode::FOUND, [(LOCATION, HeaderValue::from_bytes(b"/caf\xe9").expect("a value"))]) };
    let nowhere = || async { (StatusCode::FOUND, [(LOCATION, "")], "stays") };
    let router = Router::new().route("/latin", get(latin)).route("/nowhere", get(nowhere)).fallback(any(echo));
    let site = Site::serve(router).await;
    let end = site
        .run(
            "- name: t
  steps:
    - get: ${base}/latin
      expect: [ { json: $.uri, equals: /caf%E9 }, { redirects: 1 } ]
    - get: ${base}/nowhere
      expect: [ { status: 302 }, { body: stays }, { redirects: 0 } ]",
        )
        .await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
}

#[tokio::test]
async fn methods_headers_and_bodies_are_sent() {
    let mut site = Site::start().await;
    site.vars.insert("base_name".to_owned(), "Shop".to_owned());
    let end = site
        .run(
            "- name: t
  steps:
    - post: ${base}/echo?q=a b
      form: { user: 'a&b', note: ü }
      headers: { x-own: ' v ', user-agent: mine, 'X-${base_name}-Id': '7' }
      expect:
        - { json: $.method, equals: POST }
        - { json: $.uri, equals: /echo?q=a%20b }
        - { json: $.body, equals: user=a%26b&note=%C3%BC }
        - { json: '$.headers[\"content-type\"]', equals: application/x-www-form-urlencoded }
        - { json: '$.headers[\"x-own\"]', equals: v }
        - { json: '$.headers[\"x-shop-id\"]', equals: '7' }
        - { json: '$.headers[\"user-agent\"]', equals: mine }
        - { json: '$.headers[\"accept-encoding\"]', contains: gzip }
    - put: ${base}/echo
      json: { n: 1, text: '${base}' }
      expect:
        - { json: $.method, equals: PUT }
        - { json: $.body, equals: '{\"n\":1,\"text\":\"${base}\"}' }
        - { json: '$.headers[\"content-type\"]', equals: application/json }
        - { json: '$.headers[\"user-agent\"]', starts_with: stepcast/ }
    - patch: ${base}/echo
      text: plain
      headers: { content-type: text/markdown }
      expect:
        - { json: $.body, equals: plain }
        - { json: '$.headers[\"content-type\"]', equals: text/markdown }
    - delete: ${base}/echo
      expect: [ { json: $.method, equals: DELETE }, { json: $.body, equals: '' } ]
    - head: ${base}/echo
      expect: [ { status: 200 }, { size: 0 } ]
    - options: ${base}/echo
      expect: [ { json: $.method, equals: OPTIONS } ]",
        )
        .await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
    assert_eq!(end.checks, 19);
}

#[tokio::test]
async fn redirects_change_the_method_as_in_browsers() {
    let site = Site::start().await;
    for (status, method, body) in
        [(301, "GET", ""), (302, "GET", ""), (303, "GET", ""), (307, "POST", "b"), (308, "POST", "b")]
    {
        let end = site
            .run(&format!(
                "- name: t
  post: ${{base}}/redirect/{status}
  text: b
  expect: [ {{ json: $.method, equals: {method} }}, {{ json: $.body, equals: '{body}' }}, {{ redirects: 1 }} ]"
            ))
            .await;
        assert_eq!(end.outcome, Outcome::Passed, "{status}: {}", site.describe(&end.steps[0].checks));
    }
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_origin() {
    let other = Site::serve(Router::new().route("/echo", any(echo))).await;
    let elsewhere = format!("{}/echo", other.base);
    let site = Site::serve(
        Router::new()
            .route("/here", get(|| async { to(302, "/echo") }))
            .route("/there", get(move || async move { to(302, &elsewhere) }))
            .route("/echo", any(echo)),
    )
    .await;
    for (page, matcher) in [("here", "exists: true"), ("there", "exists: false")] {
        let end = site
            .run(&format!(
                "- name: t
  get: ${{base}}/{page}
  headers: {{ authorization: Bearer t, cookie: own=1, x-kept: '1' }}
  expect:
    - {{ json: '$.headers.authorization', {matcher} }}
    - {{ json: '$.headers.cookie', {matcher} }}
    - {{ json: '$.headers[\"x-kept\"]', equals: '1' }}"
            ))
            .await;
        assert_eq!(end.outcome, Outcome::Passed, "{page}: {}", site.describe(&end.steps[0].checks));
    }
}

#[tokio::test]
async fn steps_share_cookies_and_captures() {
    let site = Site::start().await;
    let end = site
        .run(
            "- name: t
  steps:
    - get: ${base}/login
      capture:
        csrf: { css: 'input[name=csrf]', attr: value }
        lang: { css: html, attr: lang }
        cookie: { header: set-cookie }
      expect: [ { css: '[value=${csrf}]' } ]
    - post: ${base}/echo
      form: { csrf: '${csrf}' }
      headers: { cookie: own=1 }
      capture: { sent: { json: $.headers } }
      expect:
        - { json: $.headers.cookie, equals: own=1; session=s1 }
        - { json: $.body, equals: csrf=t0k3n }
    - name: In ${lang}
      get: ${base}/echo
      expect: [ { json: $.headers.cookie, equals: session=s1 } ]",
        )
        .await;
    let report: String = end.steps.iter().map(|step| site.describe(&step.checks)).collect();
    assert_eq!(end.outcome, Outcome::Passed, "{report}");
    assert_eq!(end.steps[2].name, "In en");
    let next =
        site.run("- { name: t, get: '${base}/echo', expect: [ { json: $.headers.cookie, exists: false } ] }").await;
    assert_eq!(next.outcome, Outcome::Passed, "a test of its own has a jar of its own");
}

#[tokio::test]
async fn bodies_are_decompressed_and_headers_left_as_they_were() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(HOME.as_bytes()).expect("memory");
    let body = gzip.finish().expect("memory");
    let bomb = {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&vec![b' '; 10_000_000]).expect("memory");
        gzip.finish().expect("memory")
    };
    let gzipped = |body: Vec<u8>| get(move || async move { ([("content-encoding", "gzip")], body) });
    let site = Site::serve(
        Router::new()
            .route("/", gzipped(body))
            .route("/bomb", gzipped(bomb))
            .route("/bad", gzipped(b"no gzip".to_vec())),
    )
    .await;
    let expect = format!(
        "- {{ css: h1, text: Welcome home }}\n- {{ header: content-encoding, equals: gzip }}\n- {{ size: {} }}",
        HOME.len()
    );
    let results = site.check("${base}/", &expect).await;
    assert!(results.iter().all(|result| result.outcome == Outcome::Passed), "{}", site.describe(&results));
    insta::assert_snapshot!(site.report("${base}/bomb", "- status: 200").await, @r#"
    errored: request
      actual: the body is larger than 97 KiB
      hint: larger bodies are not read; check a smaller page
    "#);
    insta::assert_snapshot!(site.report("${base}/bad", "- status: 200").await, @r#"
    errored: request
      actual: the answer could not be read: the body is not valid gzip: unexpected end of file
      hint: the server, or a proxy in front of it, cut off or corrupted the answer
    "#);
}

#[tokio::test]
async fn other_charsets_are_read() {
    let page = |content_type: &'static str, body: &'static [u8]| {
        get(move || async move { ([("content-type", content_type)], body) })
    };
    let site = Site::serve(
        Router::new()
            .route("/header", page("text/html; charset=windows-1252", b"<p>caf\xe9 \x80"))
            .route("/meta", page("text/html", b"<meta charset=windows-1252><p>caf\xe9 \x80"))
            .route("/mark", page("text/html; charset=latin1", b"\xef\xbb\xbf<p>caf\xc3\xa9 \xe2\x82\xac"))
            .route("/none", page("text/html", b"<p>caf\xc3\xa9 \xe2\x82\xac")),
    )
    .await;
    for path in ["header", "meta", "mark", "none"] {
        let results = site.check(&format!("${{base}}/{path}"), "- { css: p, text: café € }").await;
        assert_eq!(results[0].outcome, Outcome::Passed, "{path}: {}", site.describe(&results));
    }
}

#[tokio::test]
async fn request_errors_are_explained() {
    let mut site = Site::start().await;
    // A port that was free a moment ago: nothing listens there.
    let closed =
        tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    site.vars.insert("closed".into(), format!("http://{closed}"));
    let mut report = String::new();
    for page in ["${base}/circle", "${base}/away", "${base}/big", "${closed}/", "http://name.invalid/", "${base}:x/"] {
        let text = site.report(page, "- status: 200").await;
        report.push_str(&text.replace(&closed.to_string(), "closed"));
    }
    // What a resolver says of a name that cannot exist is its own; the rest is ours.
    let report = report.lines().map(|line| match line.find("could not be resolved") {
        Some(at) => format!("{}\n", &line[..at + "could not be resolved".len()]),
        None => format!("{line}\n"),
    });
    insta::assert_snapshot!(report.collect::<String>(), @r#"
    errored: request
      actual: more than 10 redirects, the next to `http://site/circle`
      hint: the page probably redirects in a loop
    errored: request
      actual: it redirects to `ftp://elsewhere.example/`, which cannot be fetched: `ftp:` is not `http:` or `https:`
      hint: check the `location` header; it must lead to an http or https address
    errored: request
      actual: the body is larger than 97 KiB
      hint: larger bodies are not read; check a smaller page
    errored: request
      actual: could not connect to `closed`: nothing listens there
      hint: check that the server is up and listens on that port
    errored: request
      actual: `name.invalid` could not be resolved
      hint: check the name, and whether it resolves where Stepcast runs
    errored: request
      actual: `http://site:x/` is not an address: invalid port number
      hint: check the request and the values of its variables
    "#);
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_reported() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            // Only once it was asked: what comes before is another error.
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await;
        }
    });
    let mut site = Site::start().await;
    site.vars.insert("base".into(), address.to_string());
    let report =
        site.report("http://${base}/", "- status: 200").await + &site.report("https://${base}/", "- status: 200").await;
    insta::assert_snapshot!(report.replace(&address.to_string(), "site"), @r#"
    errored: request
      actual: the answer could not be read: invalid HTTP version parsed
      hint: the server, or a proxy in front of it, cut off or corrupted the answer
    errored: request
      actual: no secure connection to `site`: the server does not speak TLS on this port
      hint: check the server's certificate, its chain and its date, and that this port speaks TLS
    "#);
}

#[tokio::test]
async fn time_runs_out_while_waiting_and_while_reading() {
    let site = Site::start().await;
    let run =
        |page: &str| format!("- {{ name: t, get: '${{base}}/{page}', timeout: 50ms, expect: [ {{ status: 200 }} ] }}");
    let mut report = String::new();
    for page in ["silent", "endless"] {
        let end = site.run(&run(page)).await;
        assert_eq!(end.outcome, Outcome::Errored);
        report.push_str(&site.describe(&end.steps[0].checks));
    }
    insta::assert_snapshot!(report, @r#"
    errored: request
      actual: no answer arrived within 50ms
      hint: find out why it takes so long, or give the step a longer `timeout`
    errored: request
      actual: the body did not arrive within 50ms
      hint: find out why it takes so long, or give the step a longer `timeout`
    "#);
}
