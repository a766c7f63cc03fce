//! What is about Stepcast on one machine: its data directory, its limits, its end and its return.

mod crashes;
mod gateway;
mod lambda;
mod origins;
mod principal_limits;
mod secrets;
mod single_sign_on;
mod tokens;
mod watching;
