//! Suites that run on the embedded services and, with `scripts/test-contracts`, on implementations which nobody here wrote.
//!
//! Where such a one is comes from the environment; without that the embedded service is started. The tests are the same
//! either way. What an implementation does otherwise than AWS documents it stands in [`known`] and in docs/EMULATORS.md, and
//! nowhere else.

pub mod gateway;
mod known;
mod queue;
mod table;

/// The address of the implementation under test; none means the embedded one, unless that would be a mistake.
fn elsewhere(variable: &str) -> Option<String> {
    let address = std::env::var(variable).ok();
    let mistaken = address.is_none() && std::env::var_os("STEPCAST_CONTRACT_ELSEWHERE").is_some();
    assert!(!mistaken, "`{variable}` should say where the implementation under test is");
    address
}
