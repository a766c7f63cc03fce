//! The JSON Schema of suites is one, is published, and takes and refuses what the reader does.

use jsonschema::Validator;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use stepcast_suite::document::Node;
use stepcast_suite::{json_schema, read, render_json_schema};

/// Bad suites whose shape is good: only the reader sees what is wrong with them. A number behind a name is that of a
/// check, a word the name of a capture.
const OF_THE_READER: [&str; 81] = [
    "address-bad-port",
    "address-spaces",
    "address-without-host",
    "auth-and-header",
    "auth-basic-colon",
    "auth-bearer-line-break",
    "checks-no-groups",
    "checks-unknown-use",
    "defaults-timeout-too-long",
    "defaults-timeout-zero",
    "each-csv-missing-file",
    "each-csv-names",
    "each-csv-outside",
    "each-csv-quote",
    "each-csv-same-name",
    "each-csv-uneven",
    "each-csv-without-rows",
    "each-json-file",
    "each-json-keys",
    "each-name-twice",
    "filter-languages 1",
    "filter-languages 2",
    "filter-languages 5",
    "filter-languages 6",
    "filter-languages 9",
    "group-too-deep",
    "header-cannot-be-set",
    "header-line-break",
    "header-user-agent-twice",
    "include-broken-file",
    "include-circle",
    "include-folder",
    "include-itself",
    "include-list-file",
    "include-missing",
    "include-name-twice",
    "include-problems 0",
    "matcher-bounds 2",
    "matcher-pattern",
    "matcher-pattern 0",
    "matcher-pattern 1",
    "matcher-pattern 2",
    "network-ca-file-of-a-key",
    "network-ca-file-of-nothing",
    "network-ca-missing-file",
    "network-proxy-password",
    "network-proxy-path",
    "network-proxy-template",
    "subject-body 4",
    "subject-body 5",
    "subject-css 0",
    "subject-css 1",
    "subject-css 3",
    "subject-css 4",
    "subject-css 5",
    "subject-css 6",
    "subject-css 7",
    "subject-css 8",
    "subject-json 1",
    "subject-json 2",
    "subject-links 5",
    "subject-redirects 7",
    "subject-regex 0",
    "subject-regex 1",
    "subject-regex 2",
    "subject-regex 4",
    "subject-regex 5",
    "subject-schema 0",
    "subject-schema 2",
    "subject-schema 3",
    "subject-schema 4",
    "subject-time 5",
    "subject-xpath 0",
    "subject-xpath 1",
    "subject-xpath 2",
    "subject-xpath 3",
    "subject-xpath 5",
    "template-bad-name",
    "template-empty",
    "template-secret-in-each",
    "test-names-twice",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema() -> Validator {
    jsonschema::options().offline().build(&json_schema()).expect("a schema")
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of a document that are YAML and hold a suite.
fn suites_of(document: &str) -> Vec<String> {
    let blocks = document.split("\n```yaml").skip(1).filter_map(|block| block.split_once('\n')?.1.split_once("\n```"));
    blocks.map(|(block, _)| block.to_owned()).filter(|block| block.starts_with("suite:")).collect()
}

fn violations(schema: &Validator, suite: &Value) -> Vec<String> {
    schema.iter_errors(suite).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn it_is_a_schema_of_draft_2020_12() {
    let schema = json_schema();
    assert!(jsonschema::draft202012::meta::validate(&schema).is_ok());
}

#[test]
fn it_is_published() {
    let written = text_of(&root().join("docs/suite.schema.json"));
    assert!(written == render_json_schema(), "`docs/suite.schema.json` is stale; run `make types`");
}

#[test]
fn every_key_is_described() {
    fn undescribed(value: &Value, path: &str, found: &mut Vec<String>) {
        let Value::Object(map) = value else { return };
        if let Some(Value::Object(properties)) =
            map.get("properties").filter(|_| map.contains_key("additionalProperties"))
        {
            let plain =
                properties.iter().filter(|(_, schema)| schema.is_object() && schema.get("description").is_none());
            found.extend(plain.map(|(key, _)| format!("{path}/{key}")));
        }
        map.iter().for_each(|(key, value)| undescribed(value, &format!("{path}/{key}"), found));
    }
    let mut found = Vec::new();
    undescribed(&json_schema(), "", &mut found);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn documented_and_example_suites_are_accepted() {
    let schema = schema();
    let mut suites: Vec<String> =
        ["docs/SUITES.md", "README.md"].iter().flat_map(|file| suites_of(&text_of(&root().join(file)))).collect();
    for folder in ["examples", "tests/fixtures/suites", "tests/fixtures/lint-warnings"] {
        let files = fs::read_dir(root().join(folder)).expect("a folder").map(|entry| entry.expect("a file").path());
        suites.extend(
            files.filter(|file| file.extension().is_some_and(|ending| ending == "yaml")).map(|file| text_of(&file)),
        );
    }
    assert!(suites.len() > 20, "{}", suites.len());
    for text in suites {
        let suite = Node::parse(&text).expect("YAML").to_json();
        assert_eq!(violations(&schema, &suite), Vec::<String>::new(), "{text}");
    }
}

/// A suite, and the same with each of the checks and captures of its first test alone, so that none hides behind another.
fn parts(name: &str, suite: &Value) -> Vec<(String, Value)> {
    let mut parts = vec![(name.to_owned(), suite.clone())];
    if let Some(Value::Array(checks)) = suite.pointer("/tests/0/expect").filter(|_| suite["checks"].is_null()) {
        let several = checks.iter().enumerate().filter(|_| checks.len() > 1);
        for (number, check) in several {
            let mut part = suite.clone();
            part["tests"][0]["expect"] = json!([check]);
            parts.push((format!("{name} {number}"), part));
        }
    }
    if let Some(Value::Object(captures)) = suite.pointer("/tests/0/capture") {
        for (capture, value) in captures {
            let mut part = suite.clone();
            part["tests"][0]["capture"] = json!({ capture: value });
            parts.push((format!("{name} {capture}"), part));
        }
    }
    parts
}

#[test]
fn misshapen_suites_are_rejected() {
    let schema = schema();
    let mut taken = Vec::new();
    for file in fs::read_dir(root().join("tests/fixtures/bad-suites")).expect("the folder") {
        let file = file.expect("a file").path();
        let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
        if file.extension().is_none_or(|ending| ending != "yaml") {
            continue;
        }
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let Ok(node) = Node::parse(&text) else { continue };
        let mut parts = parts(&name, &node.to_json()).into_iter();
        // The whole is bad, perhaps for what only the command sees; its parts may be good.
        let whole = parts.next().into_iter();
        let bad = whole.chain(parts.filter(|(_, part)| read(&Node::from(part)).is_err()));
        taken.extend(bad.filter(|(_, part)| schema.is_valid(part)).map(|(name, _)| name));
    }
    taken.sort();
    assert_eq!(taken, OF_THE_READER, "the schema takes the suites on the left");
}

/// What a value is replaced by, besides being left out.
fn others() -> [Value; 12] {
    [
        json!(null),
        json!(true),
        json!(5),
        json!(1.5),
        json!("x"),
        json!("${x}"),
        json!("5s"),
        json!("http://h/"),
        json!([]),
        json!(["a"]),
        json!({}),
        json!({ "at_least": 2 }),
    ]
}

/// Every suite that comes of one change of a value.
fn changed(suite: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    collect(suite, String::new(), &mut pointers);
    let change = |pointer: &String| {
        let replaced = others().into_iter().map(|other| {
            let mut changed = suite.clone();
            if let Some(value) = changed.pointer_mut(pointer) {
                *value = other;
            }
            changed
        });
        replaced.chain(without(suite, pointer)).collect::<Vec<_>>()
    };
    pointers.iter().flat_map(change).collect()
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(number, item)| (number.to_string(), item)).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        _ => Vec::new(),
    };
    for (key, child) in children {
        collect(child, format!("{pointer}/{key}"), pointers);
    }
    pointers.push(pointer);
}

/// The same without a key, and with another in its place.
fn without(suite: &Value, pointer: &str) -> Vec<Value> {
    let Some((parent, key)) = pointer.rsplit_once('/') else { return Vec::new() };
    let mut left_out = suite.clone();
    let Some(Value::Object(map)) = left_out.pointer_mut(parent) else { return Vec::new() };
    let Some(value) = map.shift_remove(&key.replace("~1", "/").replace("~0", "~")) else { return Vec::new() };
    let mut renamed = left_out.clone();
    renamed.pointer_mut(parent).expect("it is there")["unknown"] = value;
    vec![left_out, renamed]
}

#[test]
fn the_schema_accepts_every_suite_that_the_reader_accepts() {
    let schema = schema();
    let text = text_of(&root().join("docs/SUITES.md"));
    let mut taken = 0;
    for text in suites_of(&text) {
        let suite = Node::parse(&text).expect("YAML").to_json();
        for changed in changed(&suite) {
            if read(&Node::from(&changed)).is_ok() {
                taken += 1;
                assert_eq!(violations(&schema, &changed), Vec::<String>::new(), "{changed:#}");
            }
        }
    }
    assert!(taken > 1_000, "{taken}");
}
