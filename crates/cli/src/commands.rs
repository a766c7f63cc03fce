//! The commands, each in a file of its own.

pub(crate) mod cancel;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod evidence;
pub(crate) mod fmt;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod jobs;
pub(crate) mod lint;
pub(crate) mod manual_pages;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod share;
pub(crate) mod suites;
pub(crate) mod token;
pub(crate) mod up;
pub(crate) mod watch;
