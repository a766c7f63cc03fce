//! The priority with which this process gets processors.

use rustix::process::{getpriority_process, setpriority_process};

/// What Linux calls the nice value: 0 is that of most programs, and 19 the lowest priority.
const NICE: i32 = 5;

/// Lets other programs go first. The threads that start later inherit it, so this comes before the first of them.
///
/// A priority that somebody chose, with `nice` or in a unit of systemd, stays.
/// <https://man7.org/linux/man-pages/man7/sched.7.html>
pub(crate) fn let_others_go_first() {
    if getpriority_process(None) == Ok(0) {
        // If this fails, `up` competes with other programs as it does on Windows. That is not worth a warning.
        let _ = setpriority_process(None, NICE);
    }
}
