//! Each command by itself: who may send it, what it answers, and what it changes.

use crate::visitor::Visitor;
use crate::world::{JOB, QUEUES, World, batch, id, planning, test};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use stepcast_local::queue::NewMessage;
use stepcast_platform::table::{topic_feed, topic_job};
use stepcast_platform::{Platform, Work};
use stepcast_protocol::command::{ACTIONS, Detail, Level};
use stepcast_protocol::event::Role;
use stepcast_protocol::state::JobStatus;
use stepcast_protocol::{JobId, Verdict};

const HOUR: Duration = Duration::from_hours(1);

/// Connections, each of the principal of its name, with its role.
const ADMIN: &str = "admin";
const OWNER: &str = "ci";
const OTHER: &str = "other";
const VIEWER: &str = "viewer";

/// A world in which a client of each role is connected. The job of [`World::store`] belongs to `OWNER`.
struct Desk {
    world: World,
    platform: Platform,
}

impl Desk {
    async fn open() -> Self {
        let world = World::start().await;
        let platform = world.platform();
        let desk = Self { world, platform };
        let clients = [(ADMIN, Role::Admin), (OWNER, Role::Runner), (OTHER, Role::Runner), (VIEWER, Role::Viewer)];
        for (name, role) in clients {
            let token = desk.platform.keys.signer().await.expect("the secret").issue(name, role, HOUR).token;
            assert_eq!(desk.client(name).connect(&token).await, 200);
        }
        desk
    }

    /// The same with a job of one test, which is not planned yet.
    async fn with_job() -> Self {
        let desk = Self::open().await;
        desk.world.store(&[json!({ "name": "Home", "get": format!("{}/page", desk.world.site) })]).await;
        desk
    }

    /// The same with the job finished.
    async fn with_finished_job() -> Self {
        let desk = Self::with_job().await;
        let worker = desk.world.worker();
        worker.handle(batch(&[planning()]), None).await;
        worker.handle(batch(&[test(0)]), None).await;
        assert_eq!(desk.world.job().await.status, JobStatus::Finished);
        desk.world.queued().await;
        desk
    }

    fn client<'d>(&'d self, connection: &'d str) -> Visitor<'d> {
        Visitor { world: &self.world, platform: &self.platform, connection }
    }

    /// Sends a command and returns all that its connection got for it.
    async fn send(&self, connection: &str, command: Value) -> Vec<Value> {
        let before = self.world.heard_by(connection).len();
        self.client(connection).ask(command).await;
        self.world.heard_by(connection).split_off(before)
    }

    /// The same for a command with one answer.
    async fn ask(&self, connection: &str, command: Value) -> Value {
        let mut answers = self.send(connection, command).await;
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0)
    }

    /// The code of the error that answers a command.
    async fn refusal(&self, connection: &str, command: Value) -> String {
        let answer = self.ask(connection, command).await;
        answer["code"].as_str().unwrap_or_else(|| panic!("no error: {answer}")).to_owned()
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().expect("a type")).collect()
}

fn suite() -> Value {
    json!({ "suite": "Shop", "tests": [{ "name": "Home", "get": "https://shop.example/" }] })
}

#[tokio::test]
async fn every_command_needs_its_role_and_no_other() {
    let desk = Desk::with_job().await;
    for action in ACTIONS {
        let command = json!({
            "action": action, "job": JOB, "name": "n", "text": "t", "suite": "s", "connection": "c", "token": "k"
        });
        let mut allowed = Vec::new();
        for client in [VIEWER, OTHER, ADMIN] {
            // Whether it can be carried out is another question.
            let answers = desk.send(client, command.clone()).await;
            if answers.iter().all(|answer| answer["code"] != "forbidden") {
                allowed.push(client);
            }
        }
        let expected: &[&str] = match action {
            "run" | "suites.put" | "suites.delete" => &[OTHER, ADMIN],
            // Those of a job are for its owner, who is neither of these, and for admins.
            "cancel" | "replay" | "share" | "connections" | "disconnect" | "broadcast" | "finish" | "redrive"
            | "tokens.revoke" | "tokens.revoked" => &[ADMIN],
            _ => &[VIEWER, OTHER, ADMIN],
        };
        assert_eq!(allowed, expected, "{action}");
    }
}

#[tokio::test]
async fn hello_returns_the_principal_and_recent_broadcasts() {
    let desk = Desk::open().await;
    let welcome = desk.ask(OWNER, json!({ "action": "hello", "id": 1 })).await;
    assert_eq!((&welcome["type"], &welcome["re"]), (&json!("welcome"), &json!(1)));
    assert_eq!((&welcome["principal"], &welcome["role"]), (&json!(OWNER), &json!("runner")));
    desk.send(ADMIN, json!({ "action": "broadcast", "text": "Down at noon" })).await;
    let answers = desk.send(VIEWER, json!({ "action": "hello" })).await;
    assert_eq!(types(&answers), ["welcome", "notice"]);
}

#[tokio::test]
async fn ping_is_answered() {
    let desk = Desk::open().await;
    assert_eq!(desk.ask(VIEWER, json!({ "action": "ping", "id": "p" })).await["re"], "p");
}

#[tokio::test]
async fn run_stores_a_job_once_and_queues_its_planning() {
    let desk = Desk::open().await;
    let run = json!({ "action": "run", "suite": suite(), "idempotency_key": "k" });
    let accepted = desk.ask(OWNER, run.clone()).await;
    assert_eq!(accepted["type"], "job.accepted");
    let job: JobId = id(accepted["job"].as_str().expect("an id"));
    assert_eq!(desk.world.queued().await, [Work::Plan { job: job.clone() }]);
    let watchers = desk.platform.table.watchers(&topic_job(&job)).await.expect("the table");
    assert_eq!(watchers, BTreeMap::from([(id(OWNER), Detail::default())]));

    let again = desk.ask(OWNER, run).await;
    assert_eq!((&again["type"], &again["job"]), (&json!("job.state"), &accepted["job"]));
    assert!(desk.world.queued().await.is_empty(), "there is one job");
    assert_eq!(desk.refusal(OWNER, json!({ "action": "run", "suite": { "suite": "Shop" } })).await, "invalid_suite");
    assert_eq!(desk.refusal(OWNER, json!({ "action": "run", "suite": "Shop" })).await, "not_found");
}

#[tokio::test]
async fn watch_shows_the_state_and_subscribes_until_unwatch() {
    let desk = Desk::with_job().await;
    desk.ask(OWNER, json!({ "action": "comment", "job": JOB, "text": "Look" })).await;
    let answers = desk.send(VIEWER, json!({ "action": "watch", "job": JOB })).await;
    assert_eq!(types(&answers), ["comment", "job.state"]);
    assert_eq!(desk.ask(VIEWER, json!({ "action": "watch", "feed": true })).await["type"], "jobs");
    let watchers = async || {
        let table = &desk.platform.table;
        let (job, feed) = (table.watchers(&topic_job(&id(JOB))).await, table.watchers(&topic_feed()).await);
        (job.expect("the table").len(), feed.expect("the table").len())
    };
    assert_eq!(watchers().await, (1, 1));
    for topic in [json!({ "action": "unwatch", "job": JOB }), json!({ "action": "unwatch", "feed": true })] {
        assert_eq!(desk.ask(VIEWER, topic).await["type"], "ok");
    }
    assert_eq!(watchers().await, (0, 0));
    assert_eq!(desk.refusal(VIEWER, json!({ "action": "watch", "job": "unknown" })).await, "not_found");
}

#[tokio::test]
async fn job_shows_the_state_once() {
    let desk = Desk::with_job().await;
    assert_eq!(desk.ask(VIEWER, json!({ "action": "job", "job": JOB })).await["type"], "job.state");
    let watchers = desk.platform.table.watchers(&topic_job(&id(JOB))).await.expect("the table");
    assert!(watchers.is_empty(), "{watchers:?}");
    assert_eq!(desk.refusal(VIEWER, json!({ "action": "job", "job": "unknown" })).await, "not_found");
}

#[tokio::test]
async fn job_shows_one_test_with_its_steps() {
    let desk = Desk::with_finished_job().await;
    let shown = desk.ask(VIEWER, json!({ "action": "job", "job": JOB, "test": 0 })).await;
    assert_eq!((&shown["type"], shown["tests"].as_array().map(Vec::len)), (&json!("job.state"), Some(1)));
    assert_eq!(shown["tests"][0]["steps"].as_array().map(Vec::len), Some(1), "{shown}");
    assert_eq!(desk.refusal(VIEWER, json!({ "action": "job", "job": JOB, "test": 1 })).await, "not_found");
    assert_eq!(desk.refusal(VIEWER, json!({ "action": "job", "job": "unknown", "test": 0 })).await, "not_found");
}

#[tokio::test]
async fn a_watcher_can_ask_for_less() {
    let desk = Desk::with_finished_job().await;
    let watch = |more: Value| {
        let mut command = json!({ "action": "watch", "job": JOB });
        command.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        command
    };
    let steps = async |more| {
        let state = desk.ask(VIEWER, watch(more)).await;
        state["tests"].as_array().expect("tests").iter().map(|test| test["steps"].as_array().map(Vec::len)).collect()
    };
    let (all, none): (Vec<_>, Vec<_>) = (steps(json!({})).await, steps(json!({ "detail": "tests" })).await);
    assert_eq!((all, none), (vec![Some(1)], vec![Some(0)]));
    let (one, job): (Vec<_>, Vec<_>) =
        (steps(json!({ "detail": "tests", "steps_of": [0] })).await, steps(json!({ "detail": "job" })).await);
    assert_eq!((one, job), (vec![Some(1)], vec![]));
    let watchers = desk.platform.table.watchers(&topic_job(&id(JOB))).await.expect("the table");
    assert_eq!(watchers, BTreeMap::from([(id(VIEWER), Detail::of(Level::Job))]), "the last one counts");

    for wrong in [json!({ "detail": "all" }), json!({ "steps_of": (0..101).collect::<Vec<_>>() })] {
        assert_eq!(desk.refusal(VIEWER, watch(wrong)).await, "bad_request");
    }
    let feed = json!({ "action": "watch", "feed": true, "detail": "job" });
    assert_eq!(desk.refusal(VIEWER, feed).await, "bad_request");
}

#[tokio::test]
async fn jobs_lists_the_selected_jobs() {
    let desk = Desk::with_job().await;
    let count = async |query: Value| {
        let mut command = json!({ "action": "jobs" });
        command.as_object_mut().expect("an object").extend(query.as_object().expect("an object").clone());
        desk.ask(VIEWER, command).await["jobs"].as_array().expect("jobs").len()
    };
    assert_eq!(count(json!({})).await, 1);
    assert_eq!(count(json!({ "suite": "Example" })).await, 1);
    assert_eq!(count(json!({ "suite": "Another" })).await, 0);
    assert_eq!(count(json!({ "status": "finished" })).await, 0);
    assert_eq!(desk.refusal(VIEWER, json!({ "action": "jobs", "cursor": "" })).await, "bad_request");
}

#[tokio::test]
async fn history_has_the_outcomes_of_finished_jobs() {
    let desk = Desk::with_finished_job().await;
    let history = desk.ask(VIEWER, json!({ "action": "history", "suite": "Example" })).await;
    assert_eq!(history["tests"][0]["name"], "Home");
    assert_eq!(history["tests"][0]["outcomes"][0]["outcome"], "passed");
    let none = desk.ask(VIEWER, json!({ "action": "history", "suite": "Example", "branch": "main" })).await;
    assert_eq!(none["tests"], json!([]));
}

#[tokio::test]
async fn cancel_is_for_the_owner_and_admins() {
    let desk = Desk::with_job().await;
    let cancel = json!({ "action": "cancel", "job": JOB });
    for client in [VIEWER, OTHER] {
        assert_eq!(desk.refusal(client, cancel.clone()).await, "forbidden");
    }
    assert!(!desk.world.job().await.cancel_requested);
    assert_eq!(desk.ask(OWNER, cancel.clone()).await["type"], "ok");
    assert!(desk.world.job().await.cancel_requested);
    assert_eq!(desk.ask(ADMIN, cancel).await["type"], "ok", "twice does no harm");

    let desk = Desk::with_finished_job().await;
    assert_eq!(desk.refusal(OWNER, json!({ "action": "cancel", "job": JOB })).await, "conflict");
}

#[tokio::test]
async fn replay_makes_a_job_of_the_same_suite() {
    let desk = Desk::with_finished_job().await;
    assert_eq!(desk.refusal(OTHER, json!({ "action": "replay", "job": JOB })).await, "forbidden");
    assert_eq!(desk.refusal(OWNER, json!({ "action": "replay", "job": JOB, "only": "failed" })).await, "conflict");
    let accepted = desk.ask(OWNER, json!({ "action": "replay", "job": JOB })).await;
    assert_eq!((&accepted["type"], &accepted["replay_of"]), (&json!("job.accepted"), &json!(JOB)));
    assert_eq!(desk.world.queued().await, [Work::Plan { job: id(accepted["job"].as_str().expect("an id")) }]);
}

#[tokio::test]
async fn a_replay_on_evidence_needs_a_finished_job_that_is_still_stored() {
    let desk = Desk::open().await;
    let wrong = json!({ "name": "Home", "get": format!("{}/page", desk.world.site), "expect": [{ "status": 404 }] });
    desk.world.store(&[wrong]).await;
    let replay = json!({ "action": "replay", "job": JOB, "on": "evidence" });
    assert_eq!(desk.refusal(OWNER, replay.clone()).await, "conflict", "it is still running");
    let worker = desk.world.worker();
    worker.handle(batch(&[planning()]), None).await;
    worker.handle(batch(&[test(0)]), None).await;
    let accepted = desk.ask(OWNER, replay.clone()).await;
    assert_eq!((&accepted["type"], &accepted["from"]), (&json!("job.accepted"), &json!("evidence")));

    desk.world.expire(JOB).await;
    let judged: JobId = id(accepted["job"].as_str().expect("an id"));
    worker.handle(batch(&[Work::Plan { job: judged.clone() }]), None).await;
    let record = desk.platform.table.job(&judged).await.expect("the table").expect("the job");
    assert_eq!(record.verdict, Some(Verdict::Errored));
    assert_eq!(record.problem, Some(format!("the job `{JOB}` is not stored any more")));
    assert_eq!(desk.refusal(OWNER, replay).await, "not_found");
    let evidence = json!({ "action": "evidence", "job": JOB, "test": 0 });
    assert_eq!(desk.refusal(OWNER, evidence).await, "not_found", "nobody sees what was kept of a job that is gone");
}

#[tokio::test]
async fn a_comment_is_kept_and_sent_to_watchers() {
    let desk = Desk::with_job().await;
    desk.send(VIEWER, json!({ "action": "watch", "job": JOB })).await;
    let comment = |text: &str| json!({ "action": "comment", "job": JOB, "text": text });
    assert_eq!(desk.ask(OTHER, comment("Look at this")).await["type"], "ok");
    let heard = desk.world.heard_by(VIEWER).pop().expect("a comment");
    assert_eq!((&heard["text"], &heard["principal"]), (&json!("Look at this"), &json!(OTHER)));
    assert_eq!(desk.refusal(OTHER, comment(" ")).await, "bad_request");
    assert_eq!(desk.refusal(OTHER, comment(&"x".repeat(10_000))).await, "too_large");
    assert_eq!(desk.platform.table.comments(&id(JOB), 10).await.expect("the table").len(), 1);
}

#[tokio::test]
async fn a_suite_is_stored_shown_listed_and_deleted() {
    let desk = Desk::open().await;
    assert_eq!(desk.ask(OWNER, json!({ "action": "suites.put", "suite": suite() })).await["type"], "ok");
    let shown = desk.ask(VIEWER, json!({ "action": "suites.get", "name": "Shop" })).await;
    assert_eq!(
        (&shown["suite"]["suite"], &shown["owner"], &shown["version"]),
        (&json!("Shop"), &json!(OWNER), &json!(1))
    );
    assert_eq!(desk.ask(VIEWER, json!({ "action": "suites.list" })).await["suites"][0]["name"], "Shop");
    let accepted = desk.ask(OTHER, json!({ "action": "run", "suite": "Shop", "version": 1 })).await;
    assert_eq!(accepted["stored"]["version"], 1);
    assert_eq!(desk.refusal(OTHER, json!({ "action": "run", "suite": "Shop", "version": 2 })).await, "conflict");

    let delete = json!({ "action": "suites.delete", "name": "Shop" });
    assert_eq!(desk.refusal(OTHER, delete.clone()).await, "forbidden");
    assert_eq!(desk.ask(OWNER, delete).await["type"], "ok");
    assert_eq!(desk.refusal(VIEWER, json!({ "action": "suites.get", "name": "Shop" })).await, "not_found");
}

#[tokio::test]
async fn connections_are_listed_and_ended_by_admins() {
    let desk = Desk::with_job().await;
    desk.send(VIEWER, json!({ "action": "watch", "job": JOB })).await;
    let listed = desk.ask(ADMIN, json!({ "action": "connections" })).await;
    let of = |name: &str| {
        let all = listed["connections"].as_array().expect("connections");
        all.iter().find(|one| one["connection"] == name).unwrap_or_else(|| panic!("{name}: {listed}")).clone()
    };
    assert_eq!(of(VIEWER)["watching"], json!([JOB]));
    assert_eq!(of(OWNER)["principal"], OWNER);
    assert_eq!(desk.ask(ADMIN, json!({ "action": "disconnect", "connection": OTHER })).await["type"], "ok");
    assert_eq!(desk.world.heard_by(OTHER).pop().expect("a reason")["code"], "disconnected_by_admin");
    assert_eq!(desk.world.ended(), [OTHER]);
}

#[tokio::test]
async fn a_broadcast_reaches_every_connection() {
    let desk = Desk::open().await;
    let answers = desk.send(ADMIN, json!({ "action": "broadcast", "text": "Down at noon" })).await;
    assert_eq!(types(&answers), ["notice", "ok"]);
    for client in [OWNER, OTHER, VIEWER] {
        assert_eq!(desk.world.heard_by(client).pop().expect("a notice")["text"], "Down at noon");
    }
}

#[tokio::test]
async fn finish_queues_the_end_of_a_job() {
    let desk = Desk::with_job().await;
    let finish = json!({ "action": "finish", "job": JOB });
    assert_eq!(desk.refusal(OWNER, finish.clone()).await, "forbidden");
    assert_eq!(desk.ask(ADMIN, finish).await["type"], "ok");
    assert_eq!(desk.world.queued().await, [Work::Finish { job: id(JOB) }]);
    assert_eq!(desk.world.job().await.ended_by.as_deref(), Some(ADMIN));

    let desk = Desk::with_finished_job().await;
    assert_eq!(desk.refusal(ADMIN, json!({ "action": "finish", "job": JOB })).await, "conflict");
}

#[tokio::test]
async fn share_makes_a_link_to_one_job() {
    let desk = Desk::with_job().await;
    assert_eq!(desk.refusal(OTHER, json!({ "action": "share", "job": JOB })).await, "forbidden");
    assert_eq!(desk.refusal(OWNER, json!({ "action": "share", "job": JOB, "expires_s": 0 })).await, "bad_request");
    let shared = desk.ask(OWNER, json!({ "action": "share", "job": JOB })).await;
    assert_eq!(shared["type"], "shared");
    let guest = desk.client("guest");
    assert_eq!(guest.connect(shared["token"].as_str().expect("a token")).await, 200);
    assert_eq!(desk.ask("guest", json!({ "action": "job", "job": JOB })).await["type"], "job.state");
    assert_eq!(desk.refusal("guest", json!({ "action": "jobs" })).await, "forbidden");
}

#[tokio::test]
async fn a_revoked_token_is_listed_and_ends_its_connections() {
    let desk = Desk::open().await;
    let listed = desk.ask(ADMIN, json!({ "action": "connections" })).await;
    let all = listed["connections"].as_array().expect("connections");
    let token = all.iter().find(|one| one["connection"] == VIEWER).expect("the viewer")["token"].clone();
    let revoked = desk.ask(ADMIN, json!({ "action": "tokens.revoke", "token": token })).await;
    assert_eq!((&revoked["type"], &revoked["token"]), (&json!("token.revoked"), &token));
    assert_eq!(desk.world.ended(), [VIEWER]);
    let listed = desk.ask(ADMIN, json!({ "action": "tokens.revoked" })).await;
    assert_eq!((&listed["tokens"][0]["token"], &listed["tokens"][0]["principal"]), (&token, &json!(ADMIN)));
    assert_eq!(desk.refusal(ADMIN, json!({ "action": "tokens.revoke", "token": "" })).await, "bad_request");
}

#[tokio::test]
async fn redrive_brings_dead_letters_back() {
    let desk = Desk::open().await;
    let dead = Work::Plan { job: id(JOB) };
    let message = NewMessage::new(serde_json::to_string(&dead).expect("a message"));
    let (queue, [work, dead_letters]) = (&desk.world.services.queue, QUEUES);
    queue.send(work, message).await.expect("the queue");
    while queue.counts(dead_letters).await.expect("the queue").visible == 0 {
        queue.take(work, 1, Some(Duration::ZERO)).await.expect("the queue");
    }
    assert!(desk.world.queued().await.is_empty(), "it was received too often");
    assert_eq!(desk.ask(ADMIN, json!({ "action": "redrive" })).await["type"], "ok");
    assert_eq!(desk.world.queued().await, [dead]);
}
