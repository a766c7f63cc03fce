//! Connections, what they watch, and comments on jobs.

use super::{Fixture, new_job};
use crate::support::id;
use std::time::Duration;
use stepcast_platform::table::{Connection, topic_feed, topic_job};
use stepcast_protocol::command::Detail;
use stepcast_protocol::command::PageQuery;
use stepcast_protocol::event::Role;

pub(super) fn connection(named: &str) -> Connection {
    Connection {
        connection: id(named),
        principal: "ada".to_owned(),
        role: Role::Runner,
        connected_at: 7,
        token: Some("token-1".to_owned()),
        job: None,
        without_evidence: false,
        counted_for: Some("ada".to_owned()),
    }
}

impl Fixture {
    async fn connections(&self) -> Vec<Connection> {
        let (connections, next) = self.table.connections(&PageQuery::default()).await.expect("an answer");
        assert_eq!(next, None);
        connections
    }
}

#[tokio::test]
async fn a_connection_is_known_until_it_is_forgotten() {
    let fixture = Fixture::new().await;
    let [first, second] = [connection("L0SM9cOFvHcCIhw="), connection("M0SM9cOFvHcCIhw=")];
    for connection in [&first, &second] {
        fixture.table.put_connection(connection).await.expect("stored");
    }
    assert_eq!(fixture.table.connection(&first.connection).await.expect("an answer"), Some(first.clone()));
    assert_eq!(fixture.connections().await, [first.clone(), second.clone()]);

    fixture.table.forget_connection(&first.connection).await.expect("forgotten");
    assert_eq!(fixture.table.connection(&first.connection).await.expect("an answer"), None);
    assert_eq!(fixture.connections().await, [second]);
    fixture.table.forget_connection(&first.connection).await.expect("twice is no error");
}

#[tokio::test]
async fn connections_are_listed_page_by_page_with_their_watches() {
    let fixture = Fixture::new().await;
    for id in ["a", "b", "c"] {
        fixture.table.put_connection(&connection(id)).await.expect("stored");
    }
    let mut query = PageQuery { cursor: None, limit: Some(2) };
    let (first, next) = fixture.table.connections(&query).await.expect("an answer");
    assert_eq!((first, next.as_deref()), (vec![connection("a"), connection("b")], Some("b")));
    query.cursor = next;
    assert_eq!(fixture.table.connections(&query).await.expect("an answer"), (vec![connection("c")], None));
    for topic in ["feed", "job-1", "job-2"] {
        fixture.table.watch(topic, &id("b"), &Detail::default()).await.expect("stored");
    }
    assert_eq!(fixture.table.watched_by(&id("b"), 2).await.expect("an answer"), ["feed", "job-1"]);
    assert_eq!(fixture.table.watched_by(&id("a"), 2).await.expect("an answer"), [""; 0]);
}

#[tokio::test]
async fn watchers_are_found() {
    let fixture = Fixture::new().await;
    let (job, feed) = (topic_job(&id("job-1")), topic_feed());
    for (topic, connection) in [(&job, "b"), (&job, "a"), (&job, "a"), (&feed, "c")] {
        fixture.table.watch(topic, &id(connection), &Detail::default()).await.expect("stored");
    }
    assert_eq!(fixture.watchers(&job).await, ["a", "b"], "twice is once");
    assert_eq!(fixture.watchers(&feed).await, ["c"]);

    fixture.table.unwatch(&job, &id("a")).await.expect("ended");
    fixture.table.unwatch(&job, &id("a")).await.expect("twice is no error");
    assert_eq!(fixture.watchers(&job).await, ["b"]);
    assert!(fixture.item("CONNECTION#a", "WATCH#job-1").await.is_none(), "neither side of it is left");
}

#[tokio::test]
async fn a_forgotten_connection_watches_nothing() {
    let fixture = Fixture::new().await;
    fixture.table.put_connection(&connection("c")).await.expect("stored");
    // Three batches of 25 deletes, both sides of each watch.
    let topics: Vec<_> = (0..30).map(|number| topic_job(&id(&format!("job-{number}")))).collect();
    for topic in &topics {
        fixture.table.watch(topic, &id("c"), &Detail::default()).await.expect("stored");
        fixture.table.watch(topic, &id("other"), &Detail::default()).await.expect("stored");
    }
    fixture.table.forget_connection(&id("c")).await.expect("forgotten");
    for topic in &topics {
        assert_eq!(fixture.watchers(topic).await, ["other"]);
        assert!(fixture.item("CONNECTION#c", &format!("WATCH#{topic}")).await.is_none());
    }
}

#[tokio::test]
async fn a_connection_that_was_never_stored_can_be_forgotten() {
    let fixture = Fixture::new().await;
    fixture.table.watch("feed", &id("c"), &Detail::default()).await.expect("stored");
    fixture.table.forget_connection(&id("c")).await.expect("forgotten");
    assert!(fixture.watchers("feed").await.is_empty());
}

#[tokio::test]
async fn comments_stand_beside_the_job() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 1).await;
    let said = ["Looks like the cache", "Wie gestern – 🙈", "No"].map(|text| fixture.say(text));
    for comment in &said {
        fixture.table.put_comment(&id("job-1"), comment).await.expect("stored");
    }
    assert_eq!(fixture.table.comments(&id("job-1"), 9).await.expect("an answer"), said, "one does not replace another");
    assert_eq!(fixture.table.comments(&id("job-1"), 2).await.expect("an answer"), said[1..], "the newest");
    assert_eq!(fixture.table.comments(&id("job-2"), 9).await.expect("an answer"), []);
    assert_eq!(fixture.job("job-1").await, job);
    assert_eq!(fixture.table.tests(&job).await.expect("an answer").len(), 1);
}

#[tokio::test]
async fn notices_are_for_a_day() {
    let fixture = Fixture::new().await;
    let [old, new] = ["Restart at noon", "Restart at six"].map(|text| fixture.say(text));
    fixture.table.put_notice(&old).await.expect("stored");
    fixture.advance(Duration::from_hours(23));
    fixture.table.put_notice(&new).await.expect("stored");
    assert_eq!(fixture.table.notices(9).await.expect("an answer"), [old, new.clone()]);
    fixture.advance(Duration::from_hours(2));
    assert_eq!(fixture.table.notices(9).await.expect("an answer"), [new]);
}

#[tokio::test]
async fn a_job_is_watched_by_the_connection_that_created_it() {
    let fixture = Fixture::new().await;
    let new = stepcast_platform::table::NewJob { watcher: Some((id("c"), Detail::default())), ..new_job("job-1") };
    fixture.create(&new).await;
    assert_eq!(fixture.watchers(&topic_job(&id("job-1"))).await, ["c"]);
    fixture.table.forget_connection(&id("c")).await.expect("forgotten");
    assert!(fixture.watchers(&topic_job(&id("job-1"))).await.is_empty());
}
