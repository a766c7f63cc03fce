//! The usage of one principal.

use super::connections::connection;
use super::{Fixture, RETENTION, at_once, new_job};
use crate::support::id;
use aws_sdk_dynamodb::types::AttributeValue;
use std::time::Duration;
use stepcast_platform::table::{CommandKind, Connection, NewJob, OpenConnections};
use stepcast_protocol::limits::CONNECTION_LIFETIME;
use stepcast_protocol::state::Verdict;

const MARGIN: Duration = Duration::from_mins(15);
const WINDOW: Duration = Duration::from_secs(10);

/// A limit so low that each command is written.
const EXACT: usize = 10;

impl Fixture {
    async fn connect(&self, id: &str, principal: &str) {
        let (principal, counted_for) = (principal.to_owned(), Some(principal.to_owned()));
        let connection = Connection { principal, counted_for, connected_at: self.now(), ..connection(id) };
        self.table.put_connection(&connection).await.expect("stored");
    }

    async fn connections_of(&self, principal: &str) -> usize {
        self.table.open_connections(principal).await.expect("an answer").own
    }

    /// Returns how many items are read to count the connections of a principal.
    async fn items_to_count(&self, principal: &str) -> i32 {
        let partition = AttributeValue::S(format!("OPEN_CONNECTIONS#{principal}"));
        let query = self.client.query().table_name(&self.name).key_condition_expression("pk = :pk");
        query.expression_attribute_values(":pk", partition).send().await.expect("an answer").count
    }

    async fn open_jobs_of(&self, principal: &str) -> usize {
        self.table.open_jobs_of(principal, 100).await.expect("an answer")
    }
}

#[tokio::test]
async fn connections_are_counted_by_principal_until_they_are_forgotten() {
    let fixture = Fixture::new().await;
    for (id, principal) in [("a", "ada"), ("b", "ada"), ("c", "ada"), ("d", "bob")] {
        fixture.connect(id, principal).await;
    }
    assert_eq!((fixture.connections_of("ada").await, fixture.connections_of("bob").await), (3, 1));
    assert_eq!(fixture.connections_of("nobody").await, 0);
    fixture.table.forget_connection(&id("a")).await.expect("forgotten");
    assert_eq!(fixture.connections_of("ada").await, 2);
    fixture.table.forget_connection(&id("a")).await.expect("twice is no error");
    assert_eq!(fixture.connections_of("ada").await, 2, "and counts once");
}

#[tokio::test]
async fn a_connection_forgotten_by_several_at_once_is_counted_out_once() {
    let fixture = Fixture::new().await;
    for id in ["a", "b"] {
        fixture.connect(id, "ada").await;
    }
    let table = fixture.table.clone();
    at_once(10, move |_| {
        let table = table.clone();
        async move { table.forget_connection(&id("a")).await.expect("forgotten") }
    })
    .await;
    assert_eq!(fixture.connections_of("ada").await, 1);
}

#[tokio::test]
async fn counting_costs_the_same_for_any_number_of_connections() {
    let fixture = Fixture::new().await;
    for number in 0..200 {
        fixture.connect(&number.to_string(), "ada").await;
    }
    assert_eq!((fixture.connections_of("ada").await, fixture.items_to_count("ada").await), (200, 1));
    for number in 200..300 {
        fixture.advance(Duration::from_mins(1));
        fixture.connect(&number.to_string(), "ada").await;
    }
    assert_eq!((fixture.connections_of("ada").await, fixture.items_to_count("ada").await), (300, 21));
}

#[tokio::test]
async fn counts_heal_after_a_lost_disconnect() {
    let fixture = Fixture::new().await;
    fixture.connect("a", "ada").await;
    fixture.expire("CONNECTION#a", "CONNECTION").await;
    fixture.table.forget_connection(&id("a")).await.expect("nothing to forget");
    assert_eq!(fixture.connections_of("ada").await, 1, "its end was not recorded");
    fixture.advance(CONNECTION_LIFETIME);
    assert_eq!(fixture.connections_of("ada").await, 1, "it may have opened at the end of its five minutes");
    fixture.advance(Duration::from_mins(5));
    assert_eq!(fixture.connections_of("ada").await, 0);
}

#[tokio::test]
async fn a_connection_without_a_count_is_not_subtracted_from_another() {
    let fixture = Fixture::new().await;
    fixture.connect("a", "ada").await;
    let window = format!("{:015}", fixture.now() / 300_000);
    fixture.expire("OPEN_CONNECTIONS#ada", &window).await;
    fixture.table.forget_connection(&id("a")).await.expect("forgotten");
    assert_eq!(fixture.items_to_count("ada").await, 0);
    fixture.connect("b", "ada").await;
    assert_eq!(fixture.connections_of("ada").await, 1);
}

#[tokio::test]
async fn links_to_jobs_are_counted_for_their_owner_beside_its_own_connections() {
    let fixture = Fixture::new().await;
    fixture.connect("own", "ada").await;
    let link = Connection {
        principal: "share/1".to_owned(),
        counted_for: Some("ada".to_owned()),
        job: Some(id("job-1")),
        without_evidence: false,
        connected_at: fixture.now(),
        ..connection("link")
    };
    fixture.table.put_connection(&link).await.expect("stored");
    let open = async || fixture.table.open_connections("ada").await.expect("an answer");
    assert_eq!(open().await, OpenConnections { own: 1, by_links: 1 });
    fixture.table.forget_connection(&id("link")).await.expect("forgotten");
    assert_eq!(open().await, OpenConnections { own: 1, by_links: 0 });
}

#[tokio::test]
async fn expired_items_are_not_counted() {
    let fixture = Fixture::new().await;
    fixture.connect("a", "ada").await;
    fixture.create(&new_job("job-1")).await;
    fixture.advance(CONNECTION_LIFETIME + MARGIN);
    fixture.connect("b", "ada").await;
    assert_eq!(fixture.connections_of("ada").await, 1);
    assert_eq!(fixture.open_jobs_of("ada").await, 1);
    fixture.advance(RETENTION);
    assert_eq!(fixture.open_jobs_of("ada").await, 0);
}

#[tokio::test]
async fn a_job_is_open_until_its_verdict() {
    let fixture = Fixture::new().await;
    let job = fixture.running_job("job-1", 0).await;
    fixture.create(&NewJob { principal: "bob".to_owned(), ..new_job("job-2") }).await;
    assert_eq!((fixture.open_jobs_of("ada").await, fixture.open_jobs_of("bob").await), (1, 1));
    fixture.table.close_job(&job, Verdict::Empty, None).await.expect("an answer").expect("closed");
    assert_eq!((fixture.open_jobs_of("ada").await, fixture.open_jobs_of("bob").await), (0, 1));
}

#[tokio::test]
async fn a_job_is_found_by_its_key_for_a_day() {
    let fixture = Fixture::new().await;
    fixture.create(&NewJob { idempotency_key: Some("k".to_owned()), ..new_job("job-1") }).await;
    let found = async |principal, key| fixture.table.job_of_key(principal, key).await.expect("an answer");
    assert_eq!(found("ada", "k").await, Some(id("job-1")));
    assert_eq!((found("bob", "k").await, found("ada", "other").await), (None, None));
    fixture.advance(Duration::from_hours(24) + Duration::from_secs(1));
    assert_eq!(found("ada", "k").await, None);
}

#[tokio::test]
async fn every_command_is_counted_once_also_at_the_same_moment() {
    let fixture = Fixture::new().await;
    let table = fixture.table.clone();
    let counted = at_once(20, move |_| {
        let table = table.clone();
        async move { table.count_command(CommandKind::Other, "ada", WINDOW, EXACT).await.expect("counted").commands }
    });
    let mut counted = counted.await;
    counted.sort_unstable();
    assert_eq!(counted, (1..=20).collect::<Vec<_>>());
    let first =
        async |kind, principal| fixture.table.count_command(kind, principal, WINDOW, EXACT).await.expect("counted");
    assert_eq!(first(CommandKind::Other, "bob").await.commands, 1);
    assert_eq!(first(CommandKind::Ping, "ada").await.commands, 1, "each kind by itself");
}

#[tokio::test]
async fn a_window_ends_and_expires() {
    let fixture = Fixture::new().await;
    fixture.advance(Duration::from_secs(3));
    let first = fixture.table.count_command(CommandKind::Other, "ada", WINDOW, EXACT).await.expect("counted");
    assert_eq!((first.commands, first.next_in), (1, Duration::from_secs(7)));
    let window = format!("{:015}", fixture.now() / 10_000);
    fixture.assert_expires("COMMANDS#ada", &window, WINDOW * 2).await;
    fixture.advance(first.next_in);
    let next = fixture.table.count_command(CommandKind::Other, "ada", WINDOW, EXACT).await.expect("counted");
    assert_eq!((next.commands, next.next_in), (1, WINDOW));
}
