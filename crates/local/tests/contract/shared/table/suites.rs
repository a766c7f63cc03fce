//! Suites stored under a name.

use super::{Fixture, at_once};
use aws_sdk_dynamodb::types::AttributeValue;
use std::sync::Arc;
use std::time::Duration;
use stepcast_platform::clock::rfc3339;
use stepcast_platform::table::{NameCounts, NamedSuite, NewSuite};
use stepcast_protocol::command::PageQuery;

const DAY: Duration = Duration::from_hours(24);

/// How long suites and names are kept: the values of `Config` and of the protocol.
const KEPT: Duration = Duration::from_hours(400 * 24);
const NAME_KEPT: Duration = Duration::from_hours(90 * 24);

async fn seen(fixture: &Fixture, name: &str) -> NamedSuite {
    fixture.table.suite_name(name).await.expect("an answer").expect("something under this name")
}

#[tokio::test]
async fn a_suite_is_stored_replaced_and_removed() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.table.suite("Shop").await.expect("an answer"), None);

    assert_eq!(fixture.put_suite("Shop", 3, vec![0, 1, 2, 255]).await.expect("stored"), 1);
    fixture.advance(Duration::from_secs(1));
    assert_eq!(fixture.put_suite("Shop", 4, vec![7]).await.expect("replaced"), 2);
    let suite = fixture.table.suite("Shop").await.expect("an answer").expect("a suite");
    assert_eq!((suite.name.as_str(), suite.tests, suite.suite.as_slice()), ("Shop", 4, &[7][..]));
    assert_eq!((suite.updated_at, suite.version, suite.owner.as_deref()), (fixture.now(), 2, Some("ada")));

    assert!(fixture.table.delete_suite(&suite).await.expect("an answer"));
    assert_eq!(fixture.table.suite("Shop").await.expect("an answer"), None);
    assert!(fixture.table.suites(&PageQuery::default()).await.expect("an answer").0.is_empty());
}

#[tokio::test]
async fn a_name_stays_its_owners_and_its_version_counts_on() {
    let fixture = Fixture::new().await;
    fixture.put_suite("Shop", 3, vec![1]).await.expect("stored");
    assert!(fixture.table.delete_suite(&seen(&fixture, "Shop").await).await.expect("an answer"));
    let kept = seen(&fixture, "Shop").await;
    assert_eq!((kept.owner.as_deref(), kept.version, kept.suite.as_slice()), (Some("ada"), 1, &[][..]));
    assert_eq!(fixture.put_suite("Shop", 3, vec![2]).await.expect("stored"), 2);

    assert!(fixture.table.delete_suite(&seen(&fixture, "Shop").await).await.expect("an answer"));
    fixture.advance(NAME_KEPT.checked_sub(Duration::from_secs(1)).unwrap());
    assert_eq!(seen(&fixture, "Shop").await.version, 2);
    fixture.advance(Duration::from_secs(2));
    assert_eq!(fixture.table.suite_name("Shop").await.expect("an answer"), None, "its row may still exist");
    assert_eq!(fixture.put_suite("Shop", 3, vec![3]).await.expect("stored"), 1);

    assert!(fixture.table.delete_suite(&seen(&fixture, "Shop").await).await.expect("an answer"));
    assert!(fixture.table.free_suite_name(&seen(&fixture, "Shop").await).await.expect("an answer"));
    assert_eq!(fixture.table.suite_name("Shop").await.expect("an answer"), None);
}

/// Of writers that read the same version, one writes; the others get what it wrote.
#[tokio::test]
async fn of_writes_at_the_same_moment_one_counts() {
    let fixture = Arc::new(Fixture::new().await);
    for version in 1..4 {
        let before = fixture.table.suite_name("Shop").await.expect("an answer");
        let put = |number: u32| {
            let (fixture, before) = (fixture.clone(), before.clone());
            async move {
                let by = format!("principal-{number}");
                let new = NewSuite { name: "Shop", tests: 1, suite: vec![1], owner: Some(&by), stored_by: &by };
                fixture.table.put_suite(new, before.as_ref()).await.expect("an answer").map(|version| (version, by))
            }
        };
        let done: Vec<_> = at_once(8, put).await.into_iter().flatten().collect();
        let [(stored, by)] = done.as_slice() else { panic!("{done:?}") };
        let suite = seen(&fixture, "Shop").await;
        assert_eq!((*stored, suite.version, suite.owner.as_ref()), (version, version, Some(by)));
    }
    let before = seen(&fixture, "Shop").await;
    fixture.put_suite("Shop", 1, vec![2]).await.expect("stored");
    assert!(!fixture.table.delete_suite(&before).await.expect("an answer"), "it is another version by now");
    assert!(!fixture.table.free_suite_name(&before).await.expect("an answer"));
    let deleted = seen(&fixture, "Shop").await;
    assert!(fixture.table.delete_suite(&deleted).await.expect("an answer"));
    fixture.advance(2 * DAY);
    fixture.table.note_use(&deleted).await.expect("an answer");
    assert_eq!(fixture.table.suite("Shop").await.expect("an answer"), None, "a use does not bring it back");
}

#[tokio::test]
async fn a_suite_that_is_not_used_is_gone_after_a_while() {
    let fixture = Fixture::new().await;
    fixture.put_suite("Used", 1, vec![1]).await.expect("stored");
    fixture.put_suite("Unused", 1, vec![1]).await.expect("stored");
    fixture.advance(KEPT.checked_sub(DAY).unwrap());
    fixture.table.note_use(&seen(&fixture, "Used").await).await.expect("noted");
    let noted = seen(&fixture, "Used").await;
    fixture.advance(DAY / 2);
    fixture.table.note_use(&noted).await.expect("noted");
    assert_eq!(seen(&fixture, "Used").await, noted, "once a day is enough");
    fixture.advance(DAY);
    let listed = fixture.table.suites(&PageQuery::default()).await.expect("an answer").0;
    assert_eq!(listed.iter().map(|suite| suite.name.as_str()).collect::<Vec<_>>(), ["Used"]);
    assert_eq!(fixture.table.suite("Unused").await.expect("an answer"), None);
    assert_eq!(seen(&fixture, "Unused").await.owner.as_deref(), Some("ada"), "the name is still its owner's");
    let counts = fixture.table.suite_names("ada").await.expect("an answer");
    assert_eq!(counts, (NameCounts { stored: 1, kept: 1 }, NameCounts { stored: 1, kept: 1 }));
}

#[tokio::test]
async fn names_are_counted_for_each_owner_and_for_all() {
    let fixture = Fixture::new().await;
    for name in ["a", "b", "c"] {
        fixture.put_suite(name, 1, vec![1]).await.expect("stored");
    }
    fixture.put_suite("a", 1, vec![2]).await.expect("replaced");
    let new = NewSuite { name: "d", tests: 1, suite: vec![1], owner: Some("bob"), stored_by: "admin" };
    assert_eq!(fixture.table.put_suite(new, None).await.expect("an answer"), Some(1));
    assert!(fixture.table.delete_suite(&seen(&fixture, "b").await).await.expect("an answer"));
    let counts = fixture.table.suite_names("ada").await.expect("an answer");
    assert_eq!(counts, (NameCounts { stored: 2, kept: 1 }, NameCounts { stored: 3, kept: 1 }));
    let counts = fixture.table.suite_names("bob").await.expect("an answer");
    assert_eq!(counts.0, NameCounts { stored: 1, kept: 0 });
    fixture.advance(NAME_KEPT + DAY);
    assert_eq!(fixture.table.suite_names("ada").await.expect("an answer").0, NameCounts { stored: 2, kept: 0 });
}

/// The table of an upgraded deployment has such items.
#[tokio::test]
async fn a_suite_of_an_older_version_has_no_owner_and_is_read() {
    let fixture = Fixture::new().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let number = |number: &str| AttributeValue::N(number.to_owned());
    let old = [
        ("pk", text("SUITES")),
        ("sk", text("Shop")),
        ("name", text("Shop")),
        ("tests", number("3")),
        ("updated_at", number("1700000000000")),
        ("suite", AttributeValue::B(vec![7].into())),
    ];
    let put = async || {
        let item = old.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let put = fixture.client.put_item().table_name(&fixture.name).set_item(Some(item));
        put.send().await.expect("stored");
    };
    put().await;
    let suite = seen(&fixture, "Shop").await;
    assert_eq!((suite.version, suite.owner.as_deref(), suite.suite.as_slice()), (0, None, &[7][..]));
    let listed = fixture.table.suites(&PageQuery::default()).await.expect("an answer").0;
    assert_eq!((listed[0].version, listed[0].owner.as_deref()), (0, None));
    fixture.advance(KEPT * 2);
    assert!(fixture.table.suite("Shop").await.expect("an answer").is_some(), "it was never used");

    fixture.table.note_use(&suite).await.expect("noted");
    let used = seen(&fixture, "Shop").await;
    assert_eq!((used.version, used.suite.as_slice()), (0, &[7][..]));
    assert_eq!(fixture.table.suite_names("ada").await.expect("an answer").1, NameCounts { stored: 1, kept: 0 });
    fixture.advance(KEPT + DAY);
    assert_eq!(fixture.table.suite("Shop").await.expect("an answer"), None);
    put().await;
    assert_eq!(fixture.put_suite("Shop", 4, vec![8]).await.expect("replaced"), 1);
    assert_eq!(seen(&fixture, "Shop").await.owner.as_deref(), Some("ada"));
}

#[tokio::test]
async fn suites_are_listed_by_name() {
    let fixture = Fixture::new().await;
    for name in ["b", "B", "ä", "a b", "10", "9"] {
        fixture.put_suite(name, 1, vec![1]).await.expect("stored");
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
        fixture.put_suite(name, 1, vec![0xFF; 300 * 1024]).await.expect("stored");
    }
    // The answer leaves the contents of the suites out and is small; DynamoDB counts what it read.
    let (first, next) = fixture.table.suites(&PageQuery::default()).await.expect("an answer");
    assert!(next.is_some(), "{first:?}");
    let query = PageQuery { cursor: next, limit: None };
    let (second, next) = fixture.table.suites(&query).await.expect("an answer");
    assert_eq!((first.len() + second.len(), next), (5, None));
    let suite = fixture.table.suite("5").await.expect("an answer").expect("a suite");
    assert_eq!(suite.suite, vec![0xFF; 300 * 1024]);
}
