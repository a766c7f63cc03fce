//! What one principal uses.

use super::connections::connection;
use super::{Fixture, RETENTION, at_once, new_job};
use std::time::Duration;
use stepcast_platform::table::{Connection, NewJob};
use stepcast_protocol::limits::CONNECTION_LIFETIME;
use stepcast_protocol::state::Verdict;

const MARGIN: Duration = Duration::from_mins(15);
const WINDOW: Duration = Duration::from_secs(10);

impl Fixture {
    async fn connect(&self, id: &str, principal: &str) {
        let principal = principal.to_owned();
        let connection = Connection { principal, connected_at: self.now(), ..connection(id) };
        self.table.put_connection(&connection).await.expect("stored");
    }

    async fn connections_of(&self, principal: &str) -> usize {
        self.table.connections_of(principal, 100).await.expect("an answer")
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
    assert_eq!(fixture.table.connections_of("ada", 2).await.expect("an answer"), 2, "no further than asked for");
    fixture.table.forget_connection("a").await.expect("forgotten");
    assert_eq!(fixture.connections_of("ada").await, 2);
}

#[tokio::test]
async fn what_is_over_is_not_counted_though_it_may_be_there() {
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
    assert_eq!(found("ada", "k").await.as_deref(), Some("job-1"));
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
        async move { table.count_command("ada", WINDOW).await.expect("counted").commands }
    });
    let mut counted = counted.await;
    counted.sort_unstable();
    assert_eq!(counted, (1..=20).collect::<Vec<_>>());
    assert_eq!(fixture.table.count_command("bob", WINDOW).await.expect("counted").commands, 1);
}

#[tokio::test]
async fn a_window_ends_and_expires() {
    let fixture = Fixture::new().await;
    fixture.advance(Duration::from_secs(3));
    let first = fixture.table.count_command("ada", WINDOW).await.expect("counted");
    assert_eq!((first.commands, first.next_in), (1, Duration::from_secs(7)));
    let window = format!("{:015}", fixture.now() / 10_000);
    fixture.assert_expires("COMMANDS#ada", &window, WINDOW * 2).await;
    fixture.advance(first.next_in);
    let next = fixture.table.count_command("ada", WINDOW).await.expect("counted");
    assert_eq!((next.commands, next.next_in), (1, WINDOW));
}
