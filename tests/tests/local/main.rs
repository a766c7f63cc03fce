//! What is about Stepcast on one machine: its data directory, its limits, its end and its return.

mod crashes;
#[cfg(unix)]
mod data_dir;
// The disk is filled with what Linux has for it.
#[cfg(target_os = "linux")]
mod full_disk;
mod gateway;
mod lambda;
mod large_plan;
mod origins;
mod played;
mod principal_limits;
mod reading_suites;
mod secrets;
mod single_sign_on;
mod tokens;
mod watching;
mod webhooks;
