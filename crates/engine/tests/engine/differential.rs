//! The engine against the test suites of standards, and against other implementations.

mod json_path;
mod json_schema;
mod markup;

use super::site::Site;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use std::path::PathBuf;
use std::sync::Arc;
use stepcast_engine::{Engine, EngineConfig};
use stepcast_protocol::state::CheckResult;
use stepcast_suite::Suite;

/// A file of `tests/fixtures/differential`.
fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/differential")).join(name)
}

fn read(name: &str) -> serde_json::Value {
    let text = std::fs::read_to_string(fixture(name)).expect(name);
    serde_json::from_str(&text).expect("JSON")
}

/// A site whose pages are numbered.
async fn numbered(content_type: &'static str, pages: Vec<String>) -> Site {
    let pages = Arc::new(pages);
    let answer = get(move |Path(number): Path<usize>| async move {
        match pages.get(number) {
            Some(page) => Ok(([("content-type", content_type)], page.clone())),
            None => Err(StatusCode::NOT_FOUND),
        }
    });
    let mut site = Site::serve(Router::new().route("/{number}", answer)).await;
    let config = EngineConfig { allow_private_targets: true, ..EngineConfig::default() };
    site.engine = Engine::new(config).expect("an engine");
    site
}

/// What becomes of checks of a page; an error where the suite is refused.
async fn judge(site: &Site, page: usize, checks: &serde_json::Value) -> Result<Vec<CheckResult>, String> {
    let test = serde_json::json!({ "name": "t", "get": format!("{}/{page}", site.base), "expect": checks });
    let text = serde_json::json!({ "suite": "s", "tests": [test] }).to_string();
    let suite = Suite::parse(&text).map_err(|problems| problems.to_string())?;
    let plan = site.plan(&suite).await.expect("a plan");
    let run = site.test_run(&suite, &plan[0]);
    let mut watcher = super::site::Watcher::default();
    let mut end = site.engine.run_test(run, &mut watcher).await;
    Ok(end.steps.remove(0).checks)
}

/// Keeps `${` from being a template.
fn plain(value: &serde_json::Value) -> serde_json::Value {
    serde_json::from_str(&value.to_string().replace("${", "$${")).expect("JSON")
}
