//! What is said about suites, tests and requests that are not written right, and where.

use stepcast_suite::document::Node;
use stepcast_suite::{Problem, Problems, Suite, check_variables, read, read_csv};

fn describe(problems: &Problems) -> String {
    let line = |problem: &Problem| {
        let place = problem.position.map(|position| format!("{position} ")).unwrap_or_default();
        let hint = problem.hint.as_ref().map(|hint| format!("\n  hint: {hint}")).unwrap_or_default();
        format!("{place}{}: {}{hint}\n", problem.path, problem.message)
    };
    problems.0.iter().map(line).collect()
}

fn report(suite: &str) -> String {
    describe(&Suite::parse(suite).expect_err("not right"))
}

/// The problems of the only test, which has these keys besides its name.
fn of_test(keys: &str) -> String {
    let indented = keys.lines().map(|line| format!("    {line}\n")).collect::<Vec<_>>().concat();
    report(&format!("suite: s\ntests:\n  - name: t\n{indented}"))
}

#[test]
fn of_authentication() {
    insta::assert_snapshot!(of_test("get: http://h/\nbasic: { user: 'a:b', pasword: c }"), @"
    5:20 tests[0].basic.user: the name cannot contain a colon, which separates it from the password
    5:27 tests[0].basic.pasword: unknown key `pasword`
      hint: did you mean `password`?
    ");
    insta::assert_snapshot!(of_test("get: http://h/\nbasic: { user: a, password: b }\nbearer: c"), @"
    6:5 tests[0].bearer: a request authenticates in one way; keep `basic` or `bearer`
    ");
    insta::assert_snapshot!(of_test("get: http://h/\nbearer: ''\nheaders: { Authorization: x, user-agent: y }\nuser_agent: z"), @"
    5:5 tests[0].bearer: `headers` has an `authorization` as well; keep it or `bearer`
    5:13 tests[0].bearer: this must not be empty
    7:5 tests[0].user_agent: `headers` has a `user-agent` as well; keep one of them
    ");
}

#[test]
fn of_bodies() {
    insta::assert_snapshot!(of_test("post: http://h/\nmultipart: { a: { name: f, kontent: x }, b: [ { content: x } ] }"), @"
    5:32 tests[0].multipart.a.kontent: unknown key `kontent`
      hint: did you mean `content`?
    5:51 tests[0].multipart.b[0]: `name` is missing
    ");
    insta::assert_snapshot!(of_test("get: http://h/\nmultipart: { a: b }\ntext: c"), @"
    5:5 tests[0].multipart: a request has one body
      hint: keep one of text, multipart
    ");
}

#[test]
fn of_keys_around_steps() {
    insta::assert_snapshot!(of_test("get: http://h/\nsetup: []\nteardown:\n  - gett: http://h/\n  - { get: nowhere }\nslow_over: 5"), @"
    5:12 tests[0].setup: expected 1 to 50 steps, found 0
    7:9 tests[0].teardown[0].gett: unknown key `gett`
      hint: did you mean `get`?
    8:16 tests[0].teardown[1].get: `nowhere` is not an absolute address; write it like `https://example.com/` or `${base}/`
    9:16 tests[0].slow_over: `5` has no unit; write it like `5s` or `5ms`
    ");
    insta::assert_snapshot!(of_test("get: http://h/\nexpect_failure: maybe\nonly: 1\nexpect_failur: true"), @"
    5:21 tests[0].expect_failure: expected `true` or `false`, found the text `maybe`
    6:11 tests[0].only: expected `true` or `false`, found the number 1
    7:5 tests[0].expect_failur: unknown key `expect_failur`
      hint: did you mean `expect_failure`?
    ");
}

#[test]
fn of_tables() {
    insta::assert_snapshot!(of_test("get: http://h/\neach:\n  csv: |\n    a,b\n    1,2\n    3"), @"
    7:9 tests[0].each.csv: the table's line 3: 1 value in this row, but the first line names 2
    ");
    insta::assert_snapshot!(of_test("get: http://h/\neach:\n  csv: |\n    a b,c\n    1,2\n"), @"
    7:9 tests[0].each.csv: the table's line 1: `a b` cannot be the name of a variable; the first line names them
    ");
    insta::assert_snapshot!(of_test("get: http://h/\neach: { csv: cities.csv, json: rows.json }"), @"
    5:18 tests[0].each.csv: `cities.csv` is read as the name of a file, and only the `stepcast` command reads files
      hint: put the table itself here; its first line names the variables
    5:36 tests[0].each.json: `rows.json` is read as the name of a file, and only the `stepcast` command reads files
      hint: put the table itself here; its first line names the variables
    ");
    insta::assert_snapshot!(of_test("get: http://h/\neach: { json: [ { a: 1 }, { b: 2 } ], c: [] }"), @"
    5:31 tests[0].each.json[1]: `a` is missing
    5:33 tests[0].each.json[1].b: unknown key `b`
      hint: known here: a
    5:46 tests[0].each.c: there is no value here, so the test would never run
    ");
    insta::assert_snapshot!(of_test("get: http://h/\neach: { json: [ { a: 1 } ], a: [2] }"), @"
    5:11 tests[0].each: `a` gets a value twice here
    ");
}

#[test]
fn of_discover() {
    insta::assert_snapshot!(of_test("discover: { sitemap: 'http://h/', depth: 2, include: '(', robots: ignroe }"), @"
    4:39 tests[0].discover.depth: a sitemap lists its pages; `depth` belongs to `links`
    4:58 tests[0].discover.include: `(` is not a regular expression: unclosed group
    4:71 tests[0].discover.robots: expected `respect` or `ignore`, found the text `ignroe`
      hint: did you mean `ignore`?
    ");
    insta::assert_snapshot!(of_test("discover: { links: 'http://h/', sitemap: 'http://h/', depth: 11 }"), @"
    4:17 tests[0].discover.links: pages come from `sitemap` or from `links`, not from both
    4:66 tests[0].discover.depth: expected a whole number from 0 to 10, found the number 11
    ");
    insta::assert_snapshot!(of_test("discover: { limit: 3, scope: host }"), @"
    4:15 tests[0].discover: this does not say where to look
      hint: add `sitemap` or `links`
    4:34 tests[0].discover.scope: expected `same_host` or `any`, found the text `host`
    ");
}

#[test]
fn of_groups_of_checks() {
    insta::assert_snapshot!(report(
        "suite: s
checks:
  ok: [ { status: 200 } ]
  bad: [ { statsu: 200 } ]
  nested: [ { use: ok } ]
  deep: [ { any: [ { not: { use: ok } } ] } ]
tests:
  - name: t
    get: http://h/
    expect: [ { use: ook }, { use: bad }, { use: ok, status: 200 }, { any: [ { all: [ { use: ook } ] } ] } ]
    teardown: [ { get: 'http://h/', expect: [ { use: nowhere } ] } ]
"), @"
    4:12 checks.bad[0].statsu: unknown key `statsu`
      hint: did you mean `status`?
    5:13 checks.nested[0]: a group cannot use another group
    6:11 checks.deep[0]: a group cannot use another group
    10:15 tests[0].expect[0]: there is no group of checks `ook`
      hint: did you mean `ok`?
    10:54 tests[0].expect[2].status: unknown key `status`
      hint: known here: use
    10:87 tests[0].expect[3].any[0].all[0]: there is no group of checks `ook`
      hint: did you mean `ok`?
    11:47 tests[0].teardown[0].expect[0]: there is no group of checks `nowhere`
      hint: known here: bad, deep, nested, ok
    ");
}

/// The problems of a suite with these defaults, as JSON.
fn of_defaults(defaults: &str) -> String {
    report(&format!("suite: s\ndefaults: {defaults}\ntests: [ {{ name: t, get: 'http://h/' }} ]\n"))
}

#[test]
fn of_proxies() {
    let proxies = [
        "socks5://127.0.0.1:1080",
        "proxy.example:3128",
        "proxy.example",
        "http://ada:l0ve/lace@proxy.example",
        "http://proxy.example/path",
        "https://",
        "[]",
    ];
    let report: String = proxies.iter().map(|proxy| of_defaults(&format!("{{ proxy: {proxy} }}"))).collect();
    insta::assert_snapshot!(report, @r#"
    2:20 defaults.proxy: `socks5:` proxies are not supported; use http or https
    2:20 defaults.proxy: the address of a proxy begins with `http://` or `https://`; write it like `http://proxy.example:3128`
    2:20 defaults.proxy: the address of a proxy begins with `http://` or `https://`; write it like `http://proxy.example:3128`
    2:20 defaults.proxy: this is not the address of a proxy: invalid port number; in a password `/`, `?` and `#` are written `%2F`, `%3F` and `%23`
    2:20 defaults.proxy: a proxy address has a host and a port, and nothing after them; in a password `/`, `?` and `#` are written `%2F`, `%3F` and `%23`
    2:20 defaults.proxy: this is not the address of a proxy: empty host; write it like `http://proxy.example:3128`
    2:20 defaults.proxy: expected text, found a list
    "#);
    assert!(!report.contains("l0ve"), "{report}");
}

#[test]
fn of_certificates() {
    let report = [
        "{ ca: ca.pem }",
        "{ ca: { file: ca.pem } }",
        "{ ca: { path: ca.pem } }",
        r#"{ ca: "-----BEGIN CERTIFICATE-----\nMIIB" }"#,
        r#"{ ca: "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE" }"#,
        "{ client_certificate: { certificate: { file: a.pem }, key: '${secret.key}' } }",
        "{ client_certificate: { certificate: '${c}' } }",
        "{ proxy: 'https://${p}', client_certificate: { certificate: '${c}', key: '${secret.key}' } }",
    ]
    .map(of_defaults);
    insta::assert_snapshot!(report.concat(), @r#"
    2:17 defaults.ca: there is no complete certificate in PEM here
      hint: if this is the name of a file, write `{ file: NAME }`
    2:17 defaults.ca: only the `stepcast` command reads files
      hint: put the certificates themselves here; they begin with `-----BEGIN CERTIFICATE-----`
    2:17 defaults.ca: `file` is missing
    2:19 defaults.ca.path: unknown key `path`
      hint: known here: file
    2:17 defaults.ca: there is no complete certificate in PEM here
      hint: PEM begins with `-----BEGIN CERTIFICATE-----` and ends with `-----END CERTIFICATE-----`
    2:17 defaults.ca: there is a private key next to the certificates
      hint: remove it, and treat it as compromised
    2:48 defaults.client_certificate.certificate: only the `stepcast` command reads files
      hint: put the certificates themselves here; they begin with `-----BEGIN CERTIFICATE-----`
    2:33 defaults.client_certificate: `key` is missing
    2:36 defaults.client_certificate: an `https:` proxy could ask for the client certificate, which is meant for the site only
      hint: use an `http:` proxy with it
    "#);
}

/// A key is not quoted, and neither is its line.
#[test]
fn of_private_keys_in_the_suite() {
    let keys =
        [r#""-----BEGIN PRIVATE KEY-----\nMHcCAQEE""#, "MHcCAQEE", "{ file: key.pem }", "'${key}'", "'x${secret.key}'"];
    for key in keys {
        let suite = format!(
            "suite: s\ndefaults: {{ client_certificate: {{ certificate: '${{c}}', key: {key} }} }}\ntests: [ {{ name: t, get: 'http://h/' }} ]\n"
        );
        let report = Suite::parse(&suite).expect_err("no secret").render("s.yaml", &suite);
        insta::allow_duplicates! { insta::assert_snapshot!(report, @r#"
        s.yaml:2:61: error: defaults.client_certificate.key: a private key must be a secret

        hint: write `key: ${secret.client_key}` and run with `client_key="$(cat key.pem)"` in the environment and `--secret client_key`
        "#); }
    }
}

/// With any problem, also if the same line has another problem or a misspelt key.
#[test]
fn credentials_are_not_shown() {
    let defaults = [
        "{ proxy: [ 'http://ada:S3CRET@h' ], timeout: 5 }",
        "{ proxy: 'http://ada:S3CRET/@h' }",
        "{ proxy: 'http://ada:S3CRET@${a b}' }",
        "{ proxxy: 'http://ada:S3CRET@h' }",
        "{ ca: S3CRET }",
        "{ ca: { file: [S3CRET] } }",
        r#"{ ca: "-----BEGIN PRIVATE KEY-----\nS3CRET" }"#,
        "{ client_certificate: S3CRET }",
        "{ client_certificate: { certificate: S3CRET, key: '${secret.k}' } }",
        "{ client_certificate: { certificate: '${c}', key: S3CRET } }",
        "{ client_certificate: { certificate: '${c}', key: [S3CRET], pass: S3CRET } }",
        "{ client_certificate: { certificate: '${c}', kee: S3CRET } }",
        "{ client_certificate: { certificate: '${c}', key: '${S3CRET x}' } }",
        "{ basic: { usr: ada, password: S3CRET } }",
        "{ bearer: [S3CRET] }",
        "{ headers: { Authorization: [S3CRET] } }",
    ];
    for defaults in defaults {
        let suite = format!("suite: s\ndefaults: {defaults}\ntests: [ {{ name: t, get: 'http://h/' }} ]\n");
        let report = Suite::parse(&suite).expect_err(defaults).render("s.yaml", &suite);
        assert!(!report.contains("S3CRET"), "{report}");
        assert!(report.contains("s.yaml:2:"), "{report}");
    }
}

#[test]
fn network_settings_may_be_templates() {
    let suite = Suite::parse(
        "suite: s
defaults:
  proxy: http://ada:${secret.pass}@${host}
  ca: ${ca}
  client_certificate: { certificate: '${c}', key: ' ${ secret.key } ' }
tests: [ { name: t, get: 'http://h/' } ]
",
    )
    .expect("a suite");
    insta::assert_snapshot!(describe(&check_variables(&suite, ["ca"], []).expect_err("they have no values")), @r#"
    defaults.proxy: `${secret.pass}` has no value
      hint: give it with `--secret pass=...`
    defaults.proxy: `${host}` has no value
      hint: give it with `--var host=...` or under `vars`
    defaults.client_certificate.certificate: `${c}` has no value
      hint: give it with `--var c=...` or under `vars`
    defaults.client_certificate.key: `${secret.key}` has no value
      hint: give it with `--secret key=...`
    "#);
    assert!(check_variables(&suite, ["ca", "host", "c"], ["pass", "key"]).is_ok());
}

#[test]
fn of_included_files_that_cannot_be_read() {
    let json = serde_json::json!({ "suite": "s", "include": "a.yaml", "tests": [{ "name": "t", "get": "http://h/" }] });
    insta::assert_snapshot!(describe(&read(&Node::from(&json)).expect_err("not here")), @"
    include: only the `stepcast` command reads other files
      hint: copy their content into this suite, or send it with `stepcast run`
    ");
}

#[test]
fn of_names_without_a_value() {
    let suite = Suite::parse(
        "suite: s
tests:
  - name: t
    each: { csv: \"a,b\\n${v1},2\" }
    setup: [ { get: 'http://h/${v2}', capture: { id: { header: x } } } ]
    post: http://h/${a}/${id}
    basic: { user: '${v3}', password: '${secret.v4}' }
    multipart: { f: { name: '${v5}', content: '${b}' } }
    teardown: [ { get: 'http://h/${id}', bearer: '${v6}' } ]
  - name: u
    discover: { links: 'http://h/${v7}', include: '${v8}' }
",
    )
    .expect("a suite");
    insta::assert_snapshot!(describe(&check_variables(&suite, [], []).expect_err("they have no values")), @"
    tests[0].each.a,b: `${v1}` has no value
      hint: give it with `--var v1=...` or under `vars`
    tests[0].setup[0].get: `${v2}` has no value
      hint: give it with `--var v2=...` or under `vars`
    tests[0].basic.user: `${v3}` has no value
      hint: give it with `--var v3=...` or under `vars`
    tests[0].basic.password: `${secret.v4}` has no value
      hint: give it with `--secret v4=...`
    tests[0].multipart.f: `${v5}` has no value
      hint: give it with `--var v5=...` or under `vars`
    tests[0].teardown[0].bearer: `${v6}` has no value
      hint: give it with `--var v6=...` or under `vars`
    tests[1].discover.links: `${v7}` has no value
      hint: give it with `--var v7=...` or under `vars`
    tests[1].discover.include: `${v8}` has no value
      hint: give it with `--var v8=...` or under `vars`
    ");
}

#[test]
fn groups_stand_wherever_checks_do() {
    let suite = Suite::parse(
        "suite: s
checks: { ok: [ { status: 200 }, { css: h1 } ] }
tests:
  - name: t
    steps: [ { get: 'http://h/', expect: [ { size: 1 }, { use: ok }, { size: 2 } ] } ]
    setup: [ { get: 'http://h/', expect: [ { use: ok } ] } ]
",
    )
    .expect("a suite");
    let test = &suite.tests[0];
    assert_eq!((test.setup[0].expect.len(), test.steps[0].expect.len()), (2, 4));
    assert_eq!(test.steps[0].expect[1..3], test.setup[0].expect);
}

/// As one check: all of what the group holds.
#[test]
fn groups_stand_in_any_all_and_not() {
    let suite = Suite::parse(
        "suite: s
checks: { ok: [ { status: 200 }, { css: h1 } ] }
tests:
  - name: t
    get: http://h/
    expect:
      - any: [ { use: ok }, { status: 404 } ]
      - any: [ { all: [ { status: 200 }, { css: h1 } ] }, { status: 404 } ]
      - not: { all: [ { not: { use: ok } } ] }
      - not: { all: [ { not: { all: [ { status: 200 }, { css: h1 } ] } } ] }
",
    )
    .expect("a suite");
    let expect = &suite.tests[0].steps[0].expect;
    assert_eq!((&expect[0], &expect[2]), (&expect[1], &expect[3]));
}

/// A megabyte of suite could ask for terabytes of checks.
#[test]
fn groups_do_not_grow_without_end() {
    let test = |n| format!("  - {{ name: t{n}, get: 'http://h/', expect: [ {{ use: big }} ] }}\n");
    let tests = (0..2_000).map(test).collect::<Vec<_>>().concat();
    let text = format!(
        "suite: s\nchecks: {{ big: [ {{ body: {{ contains: {} }} }} ] }}\ntests:\n{tests}",
        "x".repeat(100_000)
    );
    let problems = Suite::parse(&text).expect_err("too large");
    assert_eq!(problems.0[0].message, "the groups used so far add up to more than 8 MiB of checks");
}

#[test]
fn tables_are_read_as_spreadsheets_write_them() {
    let axis = read_csv("\u{feff}name, note\r\n\"A \"\"b\"\"\",\"two\nlines\"\r\n\r\nÜ,\r\n").expect("a table");
    assert_eq!(axis.names, ["name", "note"]);
    assert_eq!(axis.rows, [["A \"b\"", "two\nlines"], ["Ü", ""]]);
    let error = read_csv("a,b\n\n1,2,3\n").expect_err("a value too many");
    assert_eq!(error.to_string(), "line 3: 3 values in this row, but the first line names 2");
}
