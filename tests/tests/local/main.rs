//! Tests of Stepcast on one machine: its data directory, its limits, its stop and restart.

mod crashes;
#[cfg(unix)]
mod data_dir;
// The disk is filled with a feature of Linux.
mod first_suite;
#[cfg(target_os = "linux")]
mod full_disk;
mod gateway;
#[cfg(unix)]
mod interrupting;
mod lambda;
mod large_plan;
mod observing;
mod origins;
mod played;
mod principal_limits;
mod priority;
mod reach;
mod reading_suites;
mod secrets;
mod single_sign_on;
mod tokens;
mod traces;
mod watching;
mod webhooks;
