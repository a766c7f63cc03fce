//! Items that can be left behind have an expiry.

use super::connections::connection;
use super::{Fixture, RETENTION, new_job, new_test};
use crate::support::id;
use aws_sdk_dynamodb::types::{AttributeValue, TimeToLiveStatus};
use std::time::Duration;
use stepcast_platform::table::{NewJob, Said};
use stepcast_protocol::command::Detail;
use stepcast_protocol::limits::CONNECTION_LIFETIME;
use stepcast_protocol::state::Outcome;

const MARGIN: Duration = Duration::from_mins(15);
const DAY: Duration = Duration::from_hours(24);

impl Fixture {
    /// Makes a comment on a job, later than every comment before.
    pub(super) fn say(&self, text: &str) -> Said {
        self.advance(Duration::from_millis(1));
        Said { principal: "ada".to_owned(), text: text.to_owned(), at: self.now() }
    }

    pub(super) async fn assert_expires(&self, pk: &str, sk: &str, after: Duration) {
        let item = self.item(pk, sk).await.unwrap_or_else(|| panic!("`{pk}` `{sk}` is not there"));
        let expected = self.now() / 1000 + after.as_secs();
        assert_eq!(item["expires_at"], AttributeValue::N(expected.to_string()), "`{pk}` `{sk}`");
    }
}

#[tokio::test]
async fn leftover_items_expire() {
    let fixture = Fixture::new().await;
    let new = NewJob {
        watcher: Some((id("c"), Detail::default())),
        idempotency_key: Some("k".to_owned()),
        ..new_job("job-1")
    };
    fixture.create(&new).await;
    fixture.table.put_plan(&id("job-1"), 1, &[new_test(0)]).await.expect("stored");
    for (pk, sk) in [
        ("JOB#job-1", "JOB"),
        ("JOB#job-1", "SUITE"),
        ("JOB#job-1", "PLAN#00001#TESTS#000000"),
        ("JOBS", "job-1"),
        ("SUITE#Shop smoke", "job-1"),
        ("OPEN", "job-1"),
        ("OPEN#ada", "001800000000000#job-1"),
    ] {
        fixture.assert_expires(pk, sk, RETENTION).await;
    }
    fixture.assert_expires("KEY#ada", "k", DAY).await;
    for (pk, sk) in [("CONNECTION#c", "WATCH#job-1"), ("WATCH#job-1", "c")] {
        fixture.assert_expires(pk, sk, CONNECTION_LIFETIME + MARGIN).await;
    }
}

#[tokio::test]
async fn connections_expire_after_they_have_ended() {
    let fixture = Fixture::new().await;
    fixture.table.put_connection(&connection("c")).await.expect("stored");
    fixture.table.watch("feed", &id("c"), &Detail::default()).await.expect("stored");
    for (pk, sk) in
        [("CONNECTION#c", "CONNECTION"), ("CONNECTIONS", "c"), ("CONNECTION#c", "WATCH#feed"), ("WATCH#feed", "c")]
    {
        fixture.assert_expires(pk, sk, CONNECTION_LIFETIME + MARGIN).await;
    }
    // Two windows of five minutes after the latest possible end of a connection that is counted there.
    fixture
        .assert_expires("OPEN_CONNECTIONS#ada", "000000000000000", CONNECTION_LIFETIME + Duration::from_mins(10))
        .await;
}

#[tokio::test]
async fn batches_and_results_expire_after_the_job() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    fixture.advance(DAY);
    fixture.finish_all(&job, &[Outcome::Passed]).await;
    for sk in ["PLAN#00001#BATCH#00000", "PLAN#00001#RESULTS#00000#00000#00"] {
        fixture.assert_expires("JOB#job-1", sk, RETENTION).await;
    }
}

#[tokio::test]
async fn updates_do_not_extend_the_expiry() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let stored = fixture.item("JOB#job-1", "JOB").await.expect("an item")["expires_at"].clone();
    fixture.advance(DAY);
    fixture.claim(&job, 0).await;
    fixture.table.cancel_job(&id("job-1")).await.expect("an answer").expect("cancelled");
    assert_eq!(fixture.item("JOB#job-1", "JOB").await.expect("an item")["expires_at"], stored);
}

#[tokio::test]
async fn the_table_deletes_by_that_attribute() {
    let fixture = Fixture::new().await;
    fixture.table.create_if_missing().await.expect("twice is no error");
    let described = fixture.client.describe_time_to_live().table_name(&fixture.name).send().await.expect("an answer");
    let described = described.time_to_live_description().expect("a description");
    assert_eq!(described.attribute_name(), Some("expires_at"));
    assert_eq!(described.time_to_live_status(), Some(&TimeToLiveStatus::Enabled));
}
