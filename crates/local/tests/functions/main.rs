//! Tests the worker as Lambda calls it, with batches of messages, a deadline, and a clock that is stopped unless a test
//! advances it, and the functions behind the gateway as the gateway calls them. The table and the queue are the
//! embedded ones.

mod batches;
mod commands;
mod conversion;
mod deadline;
mod detail;
mod evidence;
mod faults;
mod history;
mod notifying;
mod politeness;
mod principal;
mod pushes;
mod refusal;
mod relaying;
mod revoking;
mod secret;
mod sharing;
mod silence;
mod since;
#[path = "../version_before/mod.rs"]
mod version_before;
mod visitor;
mod world;
