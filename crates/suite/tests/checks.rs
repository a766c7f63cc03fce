//! What is said about checks that are not written right, and where.

use stepcast_suite::{Suite, check_variables};

/// The problems of a suite whose only test has these checks, each from its own list item.
fn report(checks: &str) -> String {
    let text = format!("suite: s\ntests:\n  - name: t\n    get: http://h/\n    expect:\n{}", indent(checks));
    let problems = Suite::parse(&text).expect_err("not right");
    let line = |problem: &stepcast_suite::Problem| {
        let position = problem.position.expect("a position");
        let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let path = problem.path.trim_start_matches("tests[0].expect");
        format!("{}:{} {path}: {}{hint}\n", position.line - 5, position.column, problem.message)
    };
    problems.0.iter().map(line).collect()
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("      {line}\n")).collect::<Vec<_>>().concat()
}

#[test]
fn of_subjects() {
    insta::assert_snapshot!(report(
        "- { cookie: a, attr: pth }
- { cookie: '' }
- { status: 2xy }
- { status: 9xx }
- { regex: '(a)', group: 2 }
- { css: p, order: up }
- { css: p, texts: , html: }
- { body: , above: soon }
- { size: { above: 2026-01-01 } }
- { header: a, attr: b }
- { coookie: a }
- { xpath: '//a[' }
- { xpath: 'count(//a)' }
- { xpath: 'count(//a)', texts: [a] }
- { xpath: //a, attr: href }
- { cert: daysleft, above: 14 }
- { cert: days_left, above: 2026-01-01 }
- { cert: { issuer: x } }"
    ), @r#"
    1:28 [0].attr: expected one of path, domain, expires, max_age, secure, http_only, same_site, found the text `pth` (did you mean `path`?)
    2:19 [1].cookie: this must not be empty
    3:19 [2].status: expected a status code, or a class like `2xx`, found the text `2xy`
    4:19 [3].status: expected a status code, or a class like `2xx`, found the text `9xx`
    5:32 [4].group: the last group of the pattern is 1 (0 is the whole match)
    6:26 [5].order: expected `ascending` or `descending`, found the text `up`
    7:28 [6].html: a check looks at only one of `texts` and `html` (make two checks of it)
    8:26 [7].above: expected a number, or a date like `2026-01-31` or `now-7d`, found the text `soon`
    9:26 [8].size.above: expected a number, found the text `2026-01-01`
    10:22 [9].attr: unknown key `attr` (known here: header, filter, equals, not_equals, contains, not_contains, starts_with, ends_with, matches, not_matches, exists, empty, one_of, count, above, below, at_least, at_most, between, type, order, schema)
    11:11 [10].coookie: unknown key `coookie` (did you mean `cookie`?)
    12:18 [11].xpath: `//a[` is not an XPath: expected the name of a node, but it ends at character 5
    13:9 [12]: this check has no matcher (add a matcher like `equals` or `contains`)
    14:32 [13].texts: this XPath gives a value, not nodes
    15:23 [14].attr: unknown key `attr` (known here: xpath, filter, equals, not_equals, contains, not_contains, starts_with, ends_with, matches, not_matches, exists, empty, one_of, count, above, below, at_least, at_most, between, type, order, schema, text, texts, count, exists)
    16:17 [15].cert: expected one of days_left, expires, issuer, subject, names, sha256, found the text `daysleft` (did you mean `days_left`?)
    17:35 [16].above: expected a number, found the text `2026-01-01`
    18:17 [17].cert: expected one of days_left, expires, issuer, subject, names, sha256, found a mapping
    "#);
}

#[test]
fn of_groups() {
    insta::assert_snapshot!(report(
        "- { any: [] }
- { any: { status: 200 } }
- { all: [{ status: 200 }], not: { status: 200 } }
- { not: [{ status: 200 }] }
- { any: [{ status: abc }, { css: 'a[' }] }
- { not: { not: { not: { not: { not: { not: { status: 200 } } } } } } }
- { an: [] }"
    ), @r#"
    1:16 [0].any: expected at least one check, found an empty list
    2:16 [1].any: expected a list, found a mapping
    3:35 [2].not: `all` is a check of its own; `not` cannot be combined with it (make two checks of it, or move it inside)
    4:16 [3].not: expected a mapping, found a list
    5:27 [4].any[0].status: expected a status code, or a class like `2xx`, found the text `abc`
    5:41 [4].any[1].css: `a[` is not a CSS selector: it ends too early
    6:44 [5].not.not.not.not.not: groups of checks may be nested at most 5 deep
    7:11 [6].an: unknown key `an` (did you mean `any`?)
    "#);
}

#[test]
fn of_filters() {
    insta::assert_snapshot!(report(
        "- { body: , filter: trimm, equals: a }
- { body: , filter: [split, { trim: 1 }, { split: '' }], equals: a }
- { body: , filter: [{ replace: [a] }, { decode: rot13 }, { nth: x }, { number: ';' }], equals: a }
- { body: , filter: [{ date: '%J' }, { date: 'Y-m-d' }], equals: a }
- { body: , filter: [{ split: ',', trim: }], equals: a }"
    ), @r#"
    1:27 [0].filter: unknown filter `trimm` (did you mean `trim`?)
    2:28 [1].filter[0]: `split` needs an argument (write it like `{ split: ',' }`)
    2:43 [1].filter[1].trim: `trim` takes no argument (write just `trim`)
    2:57 [1].filter[2].split: this must not be empty
    3:39 [2].filter[0].replace: expected a list of two (the text or pattern to replace, and its replacement), found a list of 1
    3:56 [2].filter[1].decode: expected one of base64, url, html, found the text `rot13`
    3:72 [2].filter[2].nth: expected a whole number; the first item is 0, the last -1, found the text `x`
    3:87 [2].filter[3].number: expected the decimal separator, `'.'` or `','`, found the text `;`
    4:36 [3].filter[0].date: `%J` is not a date pattern: strftime formatting failed: found unrecognized specifier directive `J` (write it like `%Y-%m-%d`)
    4:52 [3].filter[1].date: expected a pattern like `%Y-%m-%d`, found the text `Y-m-d`
    5:28 [4].filter[0]: expected a single filter (write several as a list), found a mapping
    "#);
}

#[test]
fn of_links() {
    insta::assert_snapshot!(report(
        "- links: { scope: host }
- links: { accept: [200-100, 2xy] }
- links: { limit: 0, ignore: '[', fragments: maybe }
- links: { depth: 1 }
- not: { links: }
- { links: , status: 200 }"
    ), @r#"
    1:25 [0].links.scope: expected one of same_host, internal, all, found the text `host`
    2:27 [1].links.accept[0]: expected status codes, like `200`, `2xx` or `200-399`, found the text `200-100`
    3:52 [2].links.fragments: expected `true` or `false`, found the text `maybe`
    4:18 [3].links.depth: unknown key `depth` (known here: scope, accept, fragments, limit, ignore)
    5:14 [4].not: `links` is evaluated after all other checks and cannot be in a group
    6:20 [5].status: unknown key `status` (known here: links)
    "#);
}

#[test]
fn of_schemas() {
    insta::assert_snapshot!(report(
        "- schema: { type: objekt }
- schema:
    properties:
      a: { minimum: one }
- { css: p, schema: { } }
- { json: $.a, schema: { $ref: 'http://other.example/s.json' } }
- { json: $.a, schema: { pattern: '(?=a)' } }
- { schema: { }, exist: true }"
    ), @r#"
    1:25 [0].schema.type: this is not a JSON Schema: "objekt" is not a type; known are string, number, integer, boolean, array, object, null
    4:27 [1].schema.properties.a.minimum: this is not a JSON Schema: "one" is not of type "number"
    5:27 [2].schema: only JSON can be validated against a schema
    6:30 [3].schema: this is not a JSON Schema: it refers to another document, and Stepcast fetches none
    7:41 [4].schema.pattern: this is not a JSON Schema: "(?=a)" is not a "regex"
    8:24 [5].exist: unknown key `exist` (did you mean `exists`?)
    "#);
}

#[test]
fn a_group_counts_as_many_checks_as_it_holds() {
    let group = format!("- any: [{}]", vec!["{ status: 200 }"; 101].join(", "));
    assert_eq!(report(&group), "1:7 : a step may have at most 100 checks; this one has 101\n");
}

#[test]
fn names_without_a_value_are_found_in_groups_and_filters() {
    let checks = "- { not: { any: [{ cookie: '${a}', exists: true }] } }
- { body: , filter: [{ replace: [x, '${b}'] }], equals: x }";
    let text = format!("suite: s\ntests:\n  - name: t\n    get: http://h/\n    expect:\n{}", indent(checks));
    let problems = check_variables(&Suite::parse(&text).expect("a suite"), [], []).expect_err("they have no values");
    let paths: Vec<_> = problems.0.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["tests[0].expect[0].not.any[0]", "tests[0].expect[1]"]);
}
