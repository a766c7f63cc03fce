//! Suites stored under a name.

use super::Fixture;
use std::time::Duration;
use stepcast_platform::clock::rfc3339;
use stepcast_protocol::command::PageQuery;

#[tokio::test]
async fn a_suite_is_stored_replaced_and_removed() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.table.suite("Shop").await.expect("an answer"), None);
    assert!(!fixture.table.delete_suite("Shop").await.expect("an answer"), "there is none");

    fixture.table.put_suite("Shop", 3, vec![0, 1, 2, 255]).await.expect("stored");
    fixture.advance(Duration::from_secs(1));
    fixture.table.put_suite("Shop", 4, vec![7]).await.expect("replaced");
    let suite = fixture.table.suite("Shop").await.expect("an answer").expect("a suite");
    assert_eq!((suite.name.as_str(), suite.tests, suite.suite.as_slice()), ("Shop", 4, &[7][..]));
    assert_eq!(suite.updated_at, fixture.now());

    assert!(fixture.table.delete_suite("Shop").await.expect("an answer"));
    assert_eq!(fixture.table.suite("Shop").await.expect("an answer"), None);
}

#[tokio::test]
async fn suites_are_listed_by_name() {
    let fixture = Fixture::new().await;
    for name in ["b", "B", "ä", "a b", "10", "9"] {
        fixture.table.put_suite(name, 1, vec![1]).await.expect("stored");
    }
    let (listed, next) = fixture.table.suites(&PageQuery::default()).await.expect("an answer");
    assert_eq!(next, None);
    let names: Vec<_> = listed.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(names, ["10", "9", "B", "a b", "b", "ä"], "in the order of their bytes");
    assert!(listed.iter().all(|suite| suite.tests == 1 && suite.updated_at == rfc3339(fixture.now())));
}

#[tokio::test]
async fn more_than_a_megabyte_of_suites_is_listed_page_by_page() {
    let fixture = Fixture::new().await;
    for name in ["1", "2", "3", "4", "5"] {
        fixture.table.put_suite(name, 1, vec![0xFF; 300 * 1024]).await.expect("stored");
    }
    // Without what they say, the answer is small; DynamoDB counts what it read.
    let (first, next) = fixture.table.suites(&PageQuery::default()).await.expect("an answer");
    assert!(next.is_some(), "{first:?}");
    let query = PageQuery { cursor: next, limit: None };
    let (second, next) = fixture.table.suites(&query).await.expect("an answer");
    assert_eq!((first.len() + second.len(), next), (5, None));
    let suite = fixture.table.suite("5").await.expect("an answer").expect("a suite");
    assert_eq!(suite.suite, vec![0xFF; 300 * 1024]);
}
