//! Compares the policies of the template with the requests of the functions in all tests before this one.

use std::collections::BTreeSet;
use stepcast_tests::aws::record::{self, Permission};

/// Actions that no test can reach: a watcher of all jobs gets the list of jobs once 256 KiB wait for it, which is the
/// news of some thousand jobs.
const NOT_REACHED: [(&str, &str); 2] = [("reaper", "dynamodb:BatchGetItem"), ("worker", "dynamodb:BatchGetItem")];

#[test]
fn functions_have_only_the_permissions_they_use() {
    let mut record = record::read();
    for (function, action) in NOT_REACHED {
        let permission = Permission { function: function.to_owned(), action: action.to_owned() };
        assert!(record.used.insert(permission), "a test gets to `{action}` in `{function}` now");
    }
    assert_eq!(
        names(&record.used),
        names(&record.granted),
        "left what they asked for, right what infra/template.yaml grants"
    );
}

fn names(permissions: &BTreeSet<Permission>) -> Vec<String> {
    permissions.iter().map(|permission| format!("{} {}", permission.function, permission.action)).collect()
}
