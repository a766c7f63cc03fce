//! The engine through its front door: suites as people write them, run against a small site on this machine.

mod checks;
mod failures;
mod guarding;
mod planning;
mod requests;
mod results;
mod running;
mod secrets;
mod site;
