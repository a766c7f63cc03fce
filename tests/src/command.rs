//! The `stepcast` command, run as a user runs it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The result of a command.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code
    pub code: i32,
    /// Its output on standard output
    pub stdout: String,
    /// Its output on standard error
    pub stderr: String,
}

/// The program next to this test.
pub fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the test has a path");
    let folder = test.parent().and_then(|deps| deps.parent()).expect("tests are built into target/PROFILE/deps");
    let path = folder.join(name);
    assert!(path.exists(), "`{}` is not built; `make test` builds it", path.display());
    path
}

/// No variables.
pub const NOTHING: [(&str, &str); 0] = [];

/// Runs the command to its end, without the variables of our own environment that would change its behaviour.
pub fn stepcast(arguments: &[impl AsRef<OsStr>]) -> Ran {
    stepcast_with(arguments, &NOTHING)
}

/// Does the same with variables of the test's own.
pub fn stepcast_with(arguments: &[impl AsRef<OsStr>], environment: &[(&str, impl AsRef<OsStr>)]) -> Ran {
    let mut command = Command::new(binary("stepcast"));
    for name in ["CI", "GITHUB_ACTIONS", "OTEL_EXPORTER_OTLP_ENDPOINT", "STEPCAST_URL", "STEPCAST_TOKEN"] {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    let ran = command.output().expect("the command starts");
    Ran {
        code: ran.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&ran.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&ran.stderr).into_owned(),
    }
}
