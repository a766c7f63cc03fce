//! The engine through its front door: suites as people write them, run against a small site on this machine.

mod around;
mod asking;
mod checks;
mod discovering;
mod failures;
mod fields;
mod filters;
mod groups;
mod guarding;
mod links;
mod planning;
mod requests;
mod results;
mod running;
mod schemas;
mod secrets;
mod site;
mod xpath;
