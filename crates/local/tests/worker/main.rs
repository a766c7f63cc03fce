//! The worker through its front door, as Lambda calls it: batches of messages, a deadline, and a clock that stands still
//! unless a test moves it; and those who ask for work, as the gateway calls the functions behind it. The table and the
//! queue are the embedded ones.

mod deadline;
mod faults;
mod history;
mod notifying;
mod principal;
mod receiver;
mod refusal;
mod revoking;
mod secret;
mod sharing;
mod silence;
mod visitor;
mod world;
