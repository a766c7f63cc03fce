//! What may go wrong between a function and its services, one thing at a time and each at every place where it can:
//! whatever it is, an accepted job ends as the undisturbed one does and leaves behind what that one leaves.
//!
//! Functions run as processes of their own, so that one that is killed takes everything it had begun with it. `scene`
//! has the clients and the rest of the world, `settled` what has to be true in the end. `docs/FAULTS.md` lists the
//! faults.

mod clocks;
mod crash_points;
mod deliveries;
mod fault;
mod handler;
mod process;
mod reapers;
mod scene;
mod services;
mod settled;
mod undisturbed;
mod watchers;
