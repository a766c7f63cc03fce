//! Faults between a function and its services, one at a time and each at every possible place. With every fault, an
//! accepted job ends like the undisturbed job and leaves the same items behind.
//!
//! Each function runs as a process of its own, so that killing it also ends everything it has begun. `scene` has the
//! clients and the rest of the world, `settled` the conditions that must hold in the end. `docs/FAULTS.md` lists the
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
