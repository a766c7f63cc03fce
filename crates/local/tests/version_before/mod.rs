//! Items of tests as the version before stored them, one for each test. Used by both kinds of tests.

use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::HashMap;

/// How far a test had got.
#[derive(Clone, Copy)]
pub enum Was {
    /// It had passed
    Passed,
    /// A worker held it, for the third time
    HeldUntil(u64),
    /// It was waiting
    Queued,
}

/// Returns the item of a test. `planned` is what the planner wrote for the worker.
pub fn item(job: &str, plan: u64, test: u32, planned: &str, was: Was) -> HashMap<String, AttributeValue> {
    let common = [
        ("pk", text(&format!("JOB#{job}"))),
        ("sk", text(&format!("TEST#{plan:05}#{test:06}"))),
        ("test", number(test.into())),
        ("name", text(&format!("Test {test}"))),
        ("planned", text(planned)),
        ("past", AttributeValue::L(vec![text("failed")])),
        ("expected_ms", number(40)),
        ("expires_at", number(4_000_000_000)),
    ];
    let state = match was {
        Was::Passed => vec![
            ("status", text("finished")),
            ("outcome", text("passed")),
            ("duration_ms", number(250)),
            ("attempt", number(1)),
            ("lease", number(1)),
            ("v", number(1_000_007)),
            ("steps", text(r#"[{"step":0,"name":"get"}]"#)),
        ],
        Was::HeldUntil(until) => vec![
            ("status", text("running")),
            ("lease", number(3)),
            ("lease_until", number(until)),
            ("claimed_by", text("somebody")),
        ],
        Was::Queued => vec![("status", text("queued"))],
    };
    common.into_iter().chain(state).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Gives the item of a planned job, of which one test has passed, the form that the version before gave it.
pub async fn count_one_passed(client: &aws_sdk_dynamodb::Client, table: &str, job: &str) {
    let update = client.update_item().table_name(table).key("pk", text(&format!("JOB#{job}"))).key("sk", text("JOB"));
    let update = update
        .update_expression("ADD #open :less, passed :one, checks :one REMOVE batch_size")
        .expression_attribute_names("#open", "open")
        .expression_attribute_values(":less", AttributeValue::N("-1".to_owned()))
        .expression_attribute_values(":one", number(1));
    update.send().await.expect("stored");
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
