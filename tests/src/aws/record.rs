//! The permissions that the functions had and used in all tests, kept in `target/aws-calls` until the two are compared.

use super::Call;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A permission that a function has or used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Permission {
    /// The function, by its name in the template
    pub function: String,
    /// The IAM action
    pub action: String,
}

/// The record of one test, or of all of them.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Record {
    /// Statements of the functions' roles for their own requests
    pub granted: BTreeSet<Permission>,
    /// The permissions that the functions' requests needed
    pub used: BTreeSet<Permission>,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/aws-calls"))
}

/// Adds the permissions of one test's deployment.
pub(super) fn add(policies: &Value, calls: &[Call]) {
    let used = calls.iter().flat_map(|call| {
        call.actions.iter().map(|action| Permission { function: call.function.clone(), action: action.clone() })
    });
    let record = Record { granted: granted(policies), used: used.collect() };
    std::fs::create_dir_all(folder()).expect("a folder");
    let (file, _) = tempfile::NamedTempFile::new_in(folder()).expect("a file").keep().expect("a file that stays");
    serde_json::to_writer(file, &record).expect("the record is written");
}

/// Returns the permissions that the functions use themselves. Statements called `Lambda` or `Redrive` are for what
/// Lambda and SQS do with a function's role.
fn granted(policies: &Value) -> BTreeSet<Permission> {
    let of_function = |(function, statements): (&String, &Value)| {
        let own = statements.as_array().cloned().unwrap_or_default().into_iter().filter(|statement| {
            let sid = statement["Sid"].as_str().unwrap_or_default();
            !sid.starts_with("Lambda") && !sid.starts_with("Redrive")
        });
        let function = function.clone();
        own.map(move |statement| {
            let action = statement["Action"].as_str().expect("one action a statement").to_owned();
            Permission { function: function.clone(), action }
        })
        .collect::<Vec<_>>()
    };
    policies.as_object().expect("the roles' policies").iter().flat_map(of_function).collect()
}

/// Reads the record of all tests.
pub fn read() -> Record {
    let mut all = Record::default();
    for file in std::fs::read_dir(folder()).expect("the record of the tests before") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a record");
        let one: Record = serde_json::from_str(&text).expect("a record");
        all.granted.extend(one.granted);
        all.used.extend(one.used);
    }
    all
}
