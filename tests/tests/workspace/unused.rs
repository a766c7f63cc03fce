//! Every dependency of a crate is named somewhere in it.

use super::{ROOT, code_in, metadata, packages, text};
use serde_json::Value;
use std::path::Path;

/// Dependencies that are declared only to enable one of their features, and are not named in the code.
const FOR_A_FEATURE: [(&str, &str); 1] = [("stepcast", "rustls")];

fn code_of(folder: &Path, parts: &[&str]) -> String {
    parts.iter().map(|part| folder.join(part)).filter(|part| part.exists()).map(|part| code_in(&part)).collect()
}

/// Returns whether code names a crate: at the beginning of a path, or in a `use`.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let is_whole = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = &code[at + name.len()..];
        is_whole && ["::", "!", ";", " as ", "\""].iter().any(|next| rest.starts_with(next))
    })
}

/// Returns the name of a package in code, unless a manifest renames it.
fn crate_name_of(metadata: &Value, package: &str) -> String {
    let found = packages(metadata).iter().find(|known| text(known, "name") == package);
    let targets = found.and_then(|known| known["targets"].as_array()).into_iter().flatten();
    let is_library = |target: &&Value| {
        target["kind"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|kind| matches!(kind.as_str(), Some("lib" | "rlib" | "proc-macro")))
    };
    targets.into_iter().find(is_library).map_or(package, |target| text(target, "name")).to_owned()
}

#[test]
fn every_dependency_is_used() {
    let metadata = metadata();
    let mut unused = Vec::new();
    for package in packages(&metadata).iter().filter(|package| text(package, "name").starts_with("stepcast")) {
        let folder = Path::new(text(package, "manifest_path")).parent().expect("a folder");
        if !folder.starts_with(Path::new(ROOT).canonicalize().expect("the workspace")) {
            continue;
        }
        let own = code_of(folder, &["src", "build.rs"]);
        let tests = own.clone() + &code_of(folder, &["tests", "examples", "benches"]);
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let name = text(dependency, "name");
            let crate_name = dependency["rename"].as_str().unwrap_or(&crate_name_of(&metadata, name)).replace('-', "_");
            let code = if dependency["kind"] == "dev" { &tests } else { &own };
            if !names(code, &crate_name) && !FOR_A_FEATURE.contains(&(text(package, "name"), name)) {
                unused.push(format!("{} does not use `{name}`", text(package, "name")));
            }
        }
    }
    assert!(unused.is_empty(), "{}", unused.join("\n"));
}

#[test]
fn a_name_inside_another_name_does_not_count() {
    assert!(names("use http::Method;", "http") && names("md5::compute(b)", "md5") && names("use tokio;", "tokio"));
    assert!(!names("use http_auth::X; let http = 1;", "http") && !names("own_md5::compute(b)", "md5"));
}
