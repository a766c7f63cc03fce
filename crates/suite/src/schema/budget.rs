//! Ends work that cannot be stopped from outside, once it has taken too many steps or recurses too deep.
//!
//! The work is done by a library that has no way to give up. So it runs on a thread of its own, which is unwound. The
//! panic is not reported: that hook is for mistakes.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::thread::{self, Builder};

/// The stack of the thread, in bytes. Only the part in use takes memory.
const STACK: usize = 64 * 1024 * 1024;
/// How much of it may be in use when steps are counted. The rest is for the work between two of them.
const STACK_OF_STEPS: usize = 32 * 1024 * 1024;

thread_local! {
    /// The steps left for the work of this thread.
    static LEFT: Cell<u64> = const { Cell::new(0) };
    /// The approximate start of its stack.
    static BOTTOM: Cell<usize> = const { Cell::new(0) };
}

/// The work took more than its budget, or there was no thread for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent;

/// Runs the work with a budget of `steps`. If the work was ended, it must not reuse the values it was working on.
pub(super) fn within<T: Send>(steps: u64, work: impl FnOnce() -> T + Send) -> Result<T, Spent> {
    let work = || {
        LEFT.set(steps);
        BOTTOM.set(top_of_stack());
        work()
    };
    thread::scope(|scope| {
        let thread = Builder::new().stack_size(STACK).spawn_scoped(scope, work).map_err(|_| Spent)?;
        thread.join().map_err(|reason| match reason.downcast::<Spent>() {
            Ok(spent) => *spent,
            Err(other) => resume_unwind(other),
        })
    })
}

/// Spends this many steps, or ends the work.
pub(super) fn spend(steps: u64) {
    let is_deep = BOTTOM.get().abs_diff(top_of_stack()) > STACK_OF_STEPS;
    match LEFT.get().checked_sub(steps) {
        Some(left) if !is_deep => LEFT.set(left),
        _ => resume_unwind(Box::new(Spent)),
    }
}

#[inline(never)]
fn top_of_stack() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_has_as_many_steps_as_it_is_given() {
        let work = || (0..10).for_each(|_| spend(2));
        assert_eq!(within(20, work), Ok(()));
        assert_eq!(within(19, work), Err(Spent));
    }

    #[test]
    fn work_that_calls_itself_without_end_is_ended() {
        fn deeper(depth: u64) -> u64 {
            spend(1);
            if depth == u64::MAX { depth } else { 1 + deeper(std::hint::black_box(depth + 1)) }
        }
        assert_eq!(within(u64::MAX, || deeper(0)), Err(Spent));
    }

    #[test]
    fn other_panics_go_on() {
        let caught = std::panic::catch_unwind(|| within(1, || resume_unwind(Box::new("a mistake"))));
        let reason = caught.map(|_: Result<(), Spent>| ()).expect_err("a panic");
        assert_eq!(reason.downcast_ref::<&str>(), Some(&"a mistake"));
    }
}
