//! An emulated AWS to which CloudFormation has deployed the whole template, including the packaged functions.
//!
//! The emulator is MiniStack, a project of others (`docs/EMULATORS.md` lists its differences from AWS). A [`Proxy`]
//! between the functions and the services records every request, and treats some as a test says.

mod call;
mod edge;
mod emulator;
mod proxy;
pub mod record;
mod stack;

pub use call::Call;
pub use proxy::{Proxy, Treatment};
pub use stack::Stack;
