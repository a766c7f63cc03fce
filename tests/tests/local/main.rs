//! What is about Stepcast on one machine: its data directory, its limits, its end and its return.

mod crashes;
mod full_disk;
mod gateway;
mod lambda;
mod large_plan;
mod origins;
mod secrets;
mod single_sign_on;
mod watching;
