//! The engine through its front door: suites as people write them, run against a small site on this machine.

mod around;
mod asking;
mod certificates;
mod checks;
mod client_certificates;
mod discovering;
mod failures;
mod fields;
mod filters;
mod forward_proxy;
mod groups;
mod guarding;
mod links;
mod planning;
mod proxies;
mod requests;
mod results;
mod running;
mod schemas;
mod secrets;
mod secure_site;
mod site;
mod xpath;
