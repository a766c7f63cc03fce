//! An emulated AWS with the whole template deployed to it by CloudFormation, the packaged functions included.
//!
//! The emulator is MiniStack, which others wrote (`docs/EMULATORS.md` says where it differs from AWS). Between the
//! functions and its services stands a [`Proxy`] that writes down every request, and treats some as a test says.

mod call;
mod edge;
mod emulator;
mod proxy;
pub mod record;
mod stack;

pub use call::Call;
pub use proxy::{Proxy, Treatment};
pub use stack::Stack;
