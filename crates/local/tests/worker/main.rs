//! The worker through its front door, as Lambda calls it: batches of messages, a deadline, and a clock that stands still
//! unless a test moves it. The table and the queue are the embedded ones.

mod deadline;
mod faults;
mod history;
mod notifying;
mod receiver;
mod refusal;
mod secret;
mod silence;
mod world;
