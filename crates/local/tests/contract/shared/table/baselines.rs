//! Baselines: by suite, branch and test, beside those that other jobs stored.

use super::{Fixture, RETENTION, new_job};
use std::collections::BTreeMap;
use std::time::Duration;
use stepcast_platform::table::{Baseline, JobRecord, NewJob};

async fn job_of(fixture: &Fixture, job: &str, branch: &str) -> JobRecord {
    let labels = BTreeMap::from([("branch".to_owned(), branch.to_owned())]);
    fixture.create(&NewJob { labels, ..new_job(job) }).await
}

fn baseline(job: &JobRecord, digest: &str, at: u64) -> Baseline {
    Baseline { id: "0".repeat(64), digest: digest.to_owned(), job: job.job.clone(), at }
}

/// The fingerprints of a branch by the names of the tests.
async fn digests(fixture: &Fixture, branch: &str) -> BTreeMap<String, String> {
    let found = fixture.table.baselines("Shop smoke", branch).await.expect("an answer");
    found.into_iter().map(|(name, baseline)| (name, baseline.digest)).collect()
}

fn named(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, digest)| ((*name).to_owned(), (*digest).to_owned())).collect()
}

#[tokio::test]
async fn new_baselines_replace_those_of_their_tests() {
    let fixture = Fixture::new().await;
    let first = job_of(&fixture, "job-1", "main").await;
    let of = |name: &str, baseline| (name.to_owned(), baseline);
    let at = first.created_at;
    let new = vec![of("Home", baseline(&first, "a", at)), of("Cart", baseline(&first, "b", at))];
    fixture.table.put_baselines(&first, new).await.expect("stored");
    let second = job_of(&fixture, "job-2", "main").await;
    let newer = baseline(&second, "c", at + 1);
    fixture.table.put_baselines(&second, vec![of("Cart", newer.clone())]).await.expect("stored");
    assert_eq!(digests(&fixture, "main").await, named(&[("Cart", "c"), ("Home", "a")]));
    let found = fixture.table.baselines("Shop smoke", "main").await.expect("an answer");
    assert_eq!(found["Cart"], newer);
    assert!(digests(&fixture, "try").await.is_empty(), "another branch has its own");
}

#[tokio::test]
async fn a_large_suite_has_all_of_its_baselines() {
    let fixture = Fixture::new().await;
    let job = job_of(&fixture, "job-1", "main").await;
    let name = |number: u32| format!("Page {number} of the shop");
    let new =
        (0..2_000).map(|number| (name(number), baseline(&job, &format!("{number:016x}"), job.created_at))).collect();
    fixture.table.put_baselines(&job, new).await.expect("stored");
    let found = digests(&fixture, "main").await;
    assert_eq!(found.len(), 2_000);
    assert_eq!(found[&name(1_234)], format!("{:016x}", 1_234));
}

#[tokio::test]
async fn what_has_expired_makes_room() {
    let fixture = Fixture::new().await;
    let job = job_of(&fixture, "job-1", "main").await;
    let old = vec![("Home".to_owned(), baseline(&job, "a", job.created_at))];
    fixture.table.put_baselines(&job, old).await.expect("stored");
    fixture.advance(RETENTION + Duration::from_secs(1));
    let now = job.created_at + u64::try_from(RETENTION.as_millis()).expect("a month") + 1_000;
    // Both names are in one item.
    let new = [("Test 6".to_owned(), baseline(&job, "b", now)), ("Home".to_owned(), baseline(&job, "c", now))];
    fixture.table.put_baselines(&job, new[..1].to_vec()).await.expect("stored");
    fixture.table.put_baselines(&job, new[1..].to_vec()).await.expect("stored");
    assert_eq!(digests(&fixture, "main").await, named(&[("Home", "c"), ("Test 6", "b")]));
}
