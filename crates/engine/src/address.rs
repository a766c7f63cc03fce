//! Keeps requests out of internal networks.
//!
//! Names are resolved here, every address is checked, and the connection goes to a checked address, so a name that
//! resolves differently a moment later gains nothing. Addresses written as literals never reach a resolver; they are
//! checked before each hop. See promise 8 of the design.

mod classify;
mod guard;
mod lookup;

pub use guard::{Guard, GuardedResolver, RefusedTarget};
pub use lookup::{Lookup, SystemLookup};
