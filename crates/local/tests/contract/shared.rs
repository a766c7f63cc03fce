//! Suites that run on the embedded services and, with `scripts/test-contracts`, on implementations from other projects.
//!
//! The address of such an implementation comes from the environment; without one, the embedded service is started. The
//! tests are the same in both cases. All differences of an implementation from AWS's documentation are listed in
//! [`known`] and in docs/EMULATORS.md, and nowhere else.

pub mod gateway;
mod known;
mod queue;
mod table;

/// Returns the address of the implementation under test, or `None` for the embedded one. Panics if there is no address
/// although the environment demands an implementation from elsewhere.
fn elsewhere(variable: &str) -> Option<String> {
    let address = std::env::var(variable).ok();
    let mistaken = address.is_none() && std::env::var_os("STEPCAST_CONTRACT_ELSEWHERE").is_some();
    assert!(!mistaken, "`{variable}` should say where the implementation under test is");
    address
}
