//! The workspace keeps its own rules: what may depend on what, licences, sources, generated files.

mod circles;
mod unused;
mod variables;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The crates of the workspace that each crate may depend on. Dependencies run one way.
const LAYERS: [(&str, &[&str]); 11] = [
    ("stepcast-fuzz", &[]),
    ("stepcast-suite", &["stepcast-fuzz"]),
    ("stepcast-import", &["stepcast-suite", "stepcast-fuzz"]),
    ("stepcast-protocol", &["stepcast-suite", "stepcast-fuzz"]),
    ("stepcast-engine", &["stepcast-suite", "stepcast-protocol", "stepcast-fuzz"]),
    ("stepcast-platform", &["stepcast-suite", "stepcast-protocol"]),
    ("stepcast-handlers", &["stepcast-suite", "stepcast-protocol", "stepcast-platform"]),
    ("stepcast-worker", &["stepcast-suite", "stepcast-protocol", "stepcast-engine", "stepcast-platform"]),
    (
        "stepcast-local",
        &[
            "stepcast-protocol",
            "stepcast-engine",
            "stepcast-platform",
            "stepcast-handlers",
            "stepcast-worker",
            "stepcast-tests",
        ],
    ),
    (
        "stepcast",
        &[
            "stepcast-suite",
            "stepcast-import",
            "stepcast-protocol",
            "stepcast-engine",
            "stepcast-platform",
            "stepcast-local",
            "stepcast-fuzz",
        ],
    ),
    ("stepcast-tests", &["stepcast-suite", "stepcast-protocol"]),
];

fn metadata() -> Value {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(format!("{ROOT}/Cargo.toml"));
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("metadata")
}

fn packages(metadata: &Value) -> &[Value] {
    metadata["packages"].as_array().expect("packages")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Returns, for each package, the names of the packages that use it, as resolved, including development dependencies.
fn users(metadata: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let names: BTreeMap<&str, &str> =
        packages(metadata).iter().map(|package| (text(package, "id"), text(package, "name"))).collect();
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for node in metadata["resolve"]["nodes"].as_array().expect("nodes") {
        for used in node["dependencies"].as_array().expect("dependencies") {
            users.entry(names[used.as_str().expect("an id")]).or_default().insert(names[text(node, "id")]);
        }
    }
    users
}

fn deny() -> toml::Table {
    std::fs::read_to_string(format!("{ROOT}/deny.toml")).expect("deny.toml").parse().expect("TOML")
}

fn texts(value: &toml::Value) -> BTreeSet<&str> {
    value.as_array().expect("a list").iter().filter_map(toml::Value::as_str).collect()
}

#[test]
fn dependencies_run_one_way() {
    let metadata = metadata();
    for (name, allowed) in LAYERS {
        let package =
            packages(&metadata).iter().find(|package| text(package, "name") == name).expect("a crate of the workspace");
        let own =
            package["dependencies"].as_array().expect("dependencies").iter().map(|dependency| text(dependency, "name"));
        for dependency in own.filter(|dependency| dependency.starts_with("stepcast")) {
            assert!(allowed.contains(&dependency), "`{name}` must not depend on `{dependency}`");
        }
    }
    let members = metadata["workspace_members"].as_array().expect("members").len();
    assert_eq!(members, LAYERS.len(), "a crate has no place in the layers");
}

#[test]
fn only_the_wrappers_use_banned_packages() {
    let (metadata, deny) = (metadata(), deny());
    let users = users(&metadata);
    let resolved: BTreeSet<&str> = packages(&metadata).iter().map(|package| text(package, "name")).collect();
    for ban in deny["bans"]["deny"].as_array().expect("bans") {
        let name = ban["crate"].as_str().expect("a name");
        match ban.get("wrappers") {
            None => assert!(!resolved.contains(name), "`{name}` must not be used"),
            Some(wrappers) => {
                let wrappers = texts(wrappers);
                let strangers: Vec<_> =
                    users.get(name).into_iter().flatten().filter(|user| !wrappers.contains(*user)).collect();
                assert!(strangers.is_empty(), "`{name}` must not be used by {strangers:?}");
            }
        }
    }
}

#[test]
fn outside_tests_only_the_platform_names_aws() {
    let metadata = metadata();
    for package in packages(&metadata).iter().filter(|package| text(package, "name").starts_with("stepcast")) {
        let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
        let shipped =
            dependencies.filter(|dependency| dependency["kind"] != "dev").map(|dependency| text(dependency, "name"));
        let sdks: Vec<_> = shipped.filter(|name| name.starts_with("aws-sdk-") || *name == "aws-config").collect();
        assert!(sdks.is_empty() || text(package, "name") == "stepcast-platform", "{} names {sdks:?}", package["name"]);
    }
}

#[test]
fn the_engine_and_the_language_link_no_client_of_aws() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
    let node = |id: &str| nodes.iter().find(|node| text(node, "id") == id).expect("a package that was resolved");
    let is_of_aws = |name: &str| {
        ["aws-sdk-", "aws-config", "aws-runtime", "aws-smithy-", "aws_lambda", "lambda_"]
            .iter()
            .any(|beginning| name.starts_with(beginning))
    };
    for root in ["stepcast-suite", "stepcast-protocol", "stepcast-import", "stepcast-engine"] {
        let package = packages(&metadata).iter().find(|package| text(package, "name") == root).expect("a crate");
        let mut left = vec![text(package, "id")];
        let mut seen = BTreeSet::new();
        while let Some(id) = left.pop() {
            if !seen.insert(id) {
                continue;
            }
            let linked = node(id)["deps"].as_array().expect("dependencies").iter().filter(|dependency| {
                let kinds = dependency["dep_kinds"].as_array().expect("kinds");
                kinds.iter().any(|kind| kind["kind"] != "dev")
            });
            left.extend(linked.map(|dependency| text(dependency, "pkg")));
        }
        let names: BTreeMap<&str, &str> =
            packages(&metadata).iter().map(|package| (text(package, "id"), text(package, "name"))).collect();
        let found: Vec<_> = seen.iter().map(|id| names[id]).filter(|name| is_of_aws(name)).collect();
        assert!(found.is_empty() && seen.len() > 10, "`{root}` links {found:?}");
    }
}

#[test]
fn every_licence_is_allowed_and_every_source_known() {
    let (metadata, deny) = (metadata(), deny());
    let allowed = texts(&deny["licenses"]["allow"]);
    let registries = texts(&deny["sources"]["allow-registry"]);
    for package in packages(&metadata) {
        let (name, licence) = (text(package, "name"), text(package, "license"));
        assert!(is_allowed(licence, &allowed), "`{name}` has the licence `{licence}`, which deny.toml does not allow");
        if let Some(source) = package["source"].as_str() {
            let registry = source.strip_prefix("registry+").unwrap_or_default();
            assert!(registries.contains(registry), "`{name}` comes from `{source}`");
        }
    }
}

/// Checks an SPDX expression as crates write it: all parts joined by AND must be allowed, each by one of the
/// alternatives of its ORs.
/// <https://spdx.github.io/spdx-spec/v3.0.1/annexes/spdx-license-expressions/>
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.replace('/', " OR ");
    split(&expression, " AND ").into_iter().all(|part| {
        let part = unwrapped(part);
        let ways = split(part, " OR ");
        match ways.as_slice() {
            [only] if split(only, " AND ").len() > 1 => is_allowed(only, allowed),
            [only] => allowed.contains(only),
            ways => ways.iter().any(|way| is_allowed(unwrapped(way), allowed)),
        }
    })
}

fn unwrapped(part: &str) -> &str {
    let part = part.trim();
    part.strip_prefix('(').and_then(|part| part.strip_suffix(')')).unwrap_or(part)
}

/// Splits at an operator outside parentheses.
fn split<'a>(expression: &'a str, operator: &str) -> Vec<&'a str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && expression[at..].starts_with(operator) => {
                parts.push(expression[from..at].trim());
                from = at + operator.len();
            }
            _ => {}
        }
    }
    parts.push(expression[from..].trim());
    parts
}

#[test]
fn licence_expressions_are_read() {
    let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0"]);
    for good in
        ["MIT", "MIT OR GPL-3.0", "MIT/Apache-2.0", "ISC AND (Apache-2.0 OR GPL-2.0)", "(MIT OR GPL-3.0) AND ISC"]
    {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "ISC AND (GPL-2.0 OR LGPL-2.1)"] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

#[test]
fn the_typescript_of_the_wire_is_not_stale() {
    let path = format!("{ROOT}/web/src/client/protocol.ts");
    let written = std::fs::read_to_string(&path).expect("the generated file");
    assert!(
        written == stepcast_protocol::typescript::render(),
        "`web/src/client/protocol.ts` is stale; run `make types`"
    );
}

#[test]
fn entry_points_are_short() {
    for file in [
        "handlers/src/bin/connect.rs",
        "handlers/src/bin/default.rs",
        "handlers/src/bin/disconnect.rs",
        "worker/src/bin/worker.rs",
        "worker/src/bin/relay.rs",
        "worker/src/bin/reaper.rs",
    ] {
        let lines = std::fs::read_to_string(Path::new(ROOT).join(file)).expect("an entry point").lines().count();
        assert!(lines <= 30, "`{file}` has {lines} lines; there is nothing to test in an entry point");
    }
}

#[test]
fn every_test_the_list_of_faults_names_is_there() {
    let list = std::fs::read_to_string(format!("{ROOT}/docs/FAULTS.md")).expect("the list of faults");
    // All other quoted words there have dots, spaces or no underscore.
    let is_test =
        |word: &&str| word.contains('_') && word.chars().all(|letter| letter == '_' || letter.is_ascii_lowercase());
    let named: BTreeSet<&str> = list.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 40, "{named:?}");
    let tests: String = ["crates/local/tests", "tests/tests"]
        .into_iter()
        .map(|folder| code_in(&Path::new(ROOT).join(folder)))
        .collect();
    for test in named {
        assert!(tests.contains(&format!("fn {test}(")), "docs/FAULTS.md names the test `{test}`, which is not there");
    }
}

fn code_in(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| match path.extension() {
            Some(extension) if extension == "rs" => std::fs::read_to_string(&path).expect("a file"),
            _ if path.is_dir() => code_in(&path),
            _ => String::new(),
        })
        .collect()
}
