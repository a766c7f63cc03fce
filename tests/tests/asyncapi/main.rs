//! `docs/asyncapi.yaml` has exactly the messages and fields of the code. `make check-asyncapi` checks that the document
//! itself and its examples are valid.

mod declared;

use declared::{Declared, Fields};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use stepcast_protocol::command::ACTIONS;
use stepcast_protocol::{Event, Request, limits, typescript};
use stepcast_suite::limits::{NAME_BYTES, TESTS_PER_JOB, VARIABLE_BYTES};
use stepcast_tests::asyncapi::{DOCUMENT, Kind, answers, messages, names, problems};

fn examples(kind: Kind) -> impl Iterator<Item = (&'static str, &'static Value)> {
    let of_message = |(name, message): (&'static str, &'static Value)| {
        let examples = message["examples"].as_array().unwrap_or_else(|| panic!("`{name}` has no example"));
        examples.iter().map(move |example| (name, &example["payload"]))
    };
    messages(kind).into_iter().flat_map(of_message)
}

/// Asserts that a message has one name everywhere: in its key, its `name`, and the field that distinguishes messages.
fn assert_named(kind: Kind) {
    for (name, message) in messages(kind) {
        assert_eq!(message["name"], name);
        assert_eq!(message["payload"]["properties"][kind.field()]["const"], name);
    }
}

fn operations(action: &str) -> impl Iterator<Item = (&'static String, &'static Value)> {
    let all = DOCUMENT["operations"].as_object().expect("operations");
    all.iter().filter(move |(_, operation)| operation["action"] == action)
}

#[test]
fn it_has_every_command_and_no_other() {
    let actions = BTreeSet::from(ACTIONS);
    assert_eq!(messages(Kind::Command).into_keys().collect::<BTreeSet<_>>(), actions);
    assert_named(Kind::Command);
    assert_eq!(operations("send").map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>(), actions);
    for (name, operation) in operations("send") {
        assert_eq!(names(&operation["messages"], Kind::Command), BTreeSet::from([name.as_str()]));
        assert!(answers(name).contains("error"), "`{name}` can fail");
    }
}

#[test]
fn it_has_every_event_and_no_other() {
    let types: BTreeSet<_> = Declared::read().messages("EventBody", "type").into_keys().collect();
    assert_eq!(messages(Kind::Event).into_keys().map(str::to_owned).collect::<BTreeSet<_>>(), types);
    assert_named(Kind::Event);
    let received = operations("receive").flat_map(|(_, operation)| names(&operation["messages"], Kind::Event));
    let said: BTreeSet<_> = ACTIONS.into_iter().flat_map(answers).chain(received).map(str::to_owned).collect();
    assert_eq!(said, types, "every event answers something or comes by itself");
}

/// Returns the fields of a schema and of its parts.
fn fields(schema: &Value) -> Fields {
    let target = schema["$ref"].as_str().and_then(|reference| DOCUMENT.pointer(reference.trim_start_matches('#')));
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let mut all: Fields = target.into_iter().chain(parts).flat_map(fields).collect();
    for (name, _) in schema["properties"].as_object().into_iter().flatten() {
        all.entry(name.clone()).or_default();
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        all.insert(name.to_owned(), true);
    }
    all
}

fn names_of(fields: &Fields) -> BTreeSet<&str> {
    fields.keys().map(String::as_str).collect()
}

/// Returns the fields that are always present.
fn required(fields: &Fields) -> BTreeSet<&str> {
    fields.iter().filter(|(_, always)| **always).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn its_types_have_the_fields_of_the_code() {
    let declared = Declared::read();
    for (name, schema) in [
        ("Limits", "Limits"),
        ("Counts", "Counts"),
        ("CheckResult", "Check"),
        ("Failure", "Failure"),
        ("StepState", "Step"),
        ("TestState", "Test"),
        ("JobSummary", "Job"),
        ("ListedJob", "ListedJob"),
        ("TestHistory", "TestHistory"),
        ("PastOutcome", "PastOutcome"),
        ("StoredSuite", "StoredSuite"),
        ("RunningSuite", "RunningSuite"),
        ("SuiteProblem", "SuiteProblem"),
        ("ListedConnection", "ListedConnection"),
        ("RevokedToken", "RevokedToken"),
    ] {
        assert_eq!(fields(&DOCUMENT["components"]["schemas"][schema]), declared.fields(name), "{name}");
    }
}

#[test]
fn its_events_have_the_fields_of_the_code() {
    for (name, declared) in Declared::read().messages("EventBody", "type") {
        let mut fields = fields(&messages(Kind::Event)[name.as_str()]["payload"]);
        assert!(required(&fields).is_superset(&required(&declared)), "`{name}` has fields that are always there");
        // Removes the fields that every event can have, unless the body has them.
        fields.retain(|field, _| declared.contains_key(field) || !["type", "at", "job", "v", "re"].contains(&&**field));
        assert_eq!(names_of(&fields), names_of(&declared), "{name}");
    }
}

#[test]
fn its_commands_have_the_fields_of_the_code() {
    for (name, declared) in Declared::read().messages("Command", "action") {
        let mut fields = fields(&messages(Kind::Command)[name.as_str()]["payload"]);
        fields.retain(|field, _| !["action", "id"].contains(&&**field));
        assert!(required(&fields).is_subset(&required(&declared)), "`{name}` does not take all of them");
        assert_eq!(names_of(&fields), names_of(&declared), "{name}");
    }
}

#[test]
fn every_message_can_travel() {
    let all = DOCUMENT["components"]["messages"].as_object().expect("messages");
    let reference = |key: &String| (key.clone(), json!({ "$ref": format!("#/components/messages/{key}") }));
    let references: Value = all.keys().map(reference).collect::<serde_json::Map<_, _>>().into();
    assert_eq!(DOCUMENT["channels"]["connection"]["messages"], references);
}

#[test]
fn the_code_reads_its_commands() {
    for (name, command) in examples(Kind::Command) {
        assert_eq!(command["action"], name);
        assert_eq!(problems(Kind::Command, command), Vec::<String>::new(), "{command}");
        Request::parse(&command.to_string()).unwrap_or_else(|bad| panic!("{command}: {}", bad.error.message));
    }
}

#[test]
fn the_code_reads_its_events_and_writes_them_again() {
    for (name, event) in examples(Kind::Event) {
        assert_eq!(event["type"], name);
        assert_eq!(problems(Kind::Event, event), Vec::<String>::new(), "{event}");
        let read: Event = serde_json::from_value(event.clone()).unwrap_or_else(|error| panic!("{event}: {error}"));
        assert_eq!(serde_json::to_value(&read).expect("an event is JSON"), *event);
    }
}

#[test]
fn its_words_are_those_of_the_code() {
    let generated = typescript::render();
    for name in ["ErrorCode", "Role", "Outcome", "Change", "Verdict", "JobStatus", "TestStatus", "Selection"] {
        let words = DOCUMENT["components"]["schemas"][name]["enum"].as_array().expect("words");
        let union = words.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
        let declared = format!("export type {name} = {union};");
        assert!(generated.contains(&declared), "the code has no `{declared}`");
    }
}

#[test]
fn its_limits_are_those_of_the_code() {
    let schemas = &DOCUMENT["components"]["schemas"];
    let messages = &DOCUMENT["components"]["messages"];
    let run = &messages["command.run"]["payload"]["properties"];
    let share = &messages["command.share"]["payload"]["properties"]["expires_s"];
    let seconds = |duration: Duration| usize::try_from(duration.as_secs()).expect("a short time");
    for (limit, code) in [
        (&schemas["Said"]["maxLength"], limits::TEXT_BYTES),
        (&schemas["Labels"]["maxProperties"], limits::LABELS),
        (&schemas["Labels"]["propertyNames"]["maxLength"], NAME_BYTES),
        (&schemas["Labels"]["additionalProperties"]["maxLength"], NAME_BYTES),
        (&schemas["Values"]["propertyNames"]["maxLength"], NAME_BYTES),
        (&schemas["Values"]["additionalProperties"]["maxLength"], VARIABLE_BYTES),
        (&schemas["SuiteName"]["maxLength"], NAME_BYTES),
        (&schemas["TestCount"]["maximum"], TESTS_PER_JOB),
        (&schemas["TestNumber"]["maximum"], TESTS_PER_JOB - 1),
        (&run["tags"]["items"]["maxLength"], NAME_BYTES),
        (&run["idempotency_key"]["maxLength"], NAME_BYTES),
        (&schemas["TokenId"]["maxLength"], NAME_BYTES),
        (&share["maximum"], seconds(limits::TOKEN_LIFETIME)),
        (&share["default"], seconds(limits::SHARE_LIFETIME)),
        (&messages["command.jobs"]["payload"]["properties"]["limit"]["maximum"], limits::ITEMS_PER_PAGE),
        (&messages["command.history"]["payload"]["properties"]["limit"]["maximum"], limits::HISTORY_JOBS),
        (&messages["command.history"]["payload"]["properties"]["limit"]["default"], limits::PAST_JOBS),
        (&messages["event.jobs"]["payload"]["properties"]["jobs"]["maxItems"], limits::ITEMS_PER_PAGE),
    ] {
        assert_eq!(*limit, code);
    }
}

#[test]
fn messages_that_differ_from_the_document_are_found() {
    let pong = json!({ "type": "pong", "at": "2026-11-22T10:20:35.026Z" });
    assert_eq!(problems(Kind::Event, &pong), Vec::<String>::new());
    for (field, value) in [("at", json!("yesterday")), ("re", json!([])), ("since", json!(1)), ("type", json!("gnop"))]
    {
        let mut wrong = pong.clone();
        wrong[field] = value;
        assert_ne!(problems(Kind::Event, &wrong), Vec::<String>::new(), "{wrong}");
    }
}
