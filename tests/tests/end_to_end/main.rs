//! The whole of Stepcast through its front door.

mod bad_input;
mod cancelling;
mod command_line;
mod crashes;
mod events;
mod gateway;
mod lambda;
mod python_client;
mod running;
mod secrets;
mod stored_suites;
mod suites;
mod watching;
