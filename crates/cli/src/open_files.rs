//! How many files this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than this process needs: tens of thousands of watchers.
const ENOUGH: u64 = 65_536;

/// Raises the soft limit as far as the hard limit allows. Most systems start programs with 1,024, for the sake of
/// `select`, which nothing here uses; every connection is an open file.
/// <https://0pointer.net/blog/file-descriptor-limits.html>
pub(crate) fn allow_many() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        tracing::warn!(%error, "The limit of open files could not be raised; it stays at what `ulimit -n` shows");
    }
}
