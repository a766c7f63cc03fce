//! Compares the policies of the template with the requests of the functions in all tests before this one.

use std::collections::BTreeSet;
use stepcast_tests::aws::record::{self, Permission};

/// Actions that no test can reach: a watcher gets the whole state once 256 KiB wait for it, which for all jobs is the
/// news of some thousand jobs; and the reaper has no news for long enough to ask whether the relay is behind.
const NOT_REACHED: [(&str, &str); 5] = [
    ("reaper", "dynamodb:BatchGetItem"),
    ("reaper", "sqs:GetQueueAttributes"),
    ("relay", "dynamodb:BatchGetItem"),
    ("relay", "dynamodb:GetItem"),
    ("worker", "dynamodb:BatchGetItem"),
];

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
