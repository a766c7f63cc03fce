//! `stepcast up` in a process of its own, so that it can be killed as well as stopped.

use crate::settings::{Settings, new_token};
use crate::{Client, Collector, binary, within};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::task::JoinHandle;

/// A running server with a data directory of its own.
pub struct Server {
    /// Address of the dashboard
    pub http: String,
    /// Address of the WebSocket
    pub ws: String,
    /// A token with the role `admin`
    pub token: String,
    /// The link that signs in once
    pub sign_in: String,
    data_dir: TempDir,
    options: Vec<String>,
    variables: Vec<(String, String)>,
    child: Child,
    log: Log,
}

impl Server {
    /// Starts a server that may fetch from loopback, where the test's site is.
    pub async fn start() -> Self {
        Self::start_with(&["--allow-private-targets"]).await
    }

    /// Starts a server that exports its traces to a collector, with more variables.
    pub async fn start_traced(collector: &Collector, more: &[(&str, &str)]) -> Self {
        let data_dir = tempfile::tempdir().expect("a data directory");
        let mut variables: Vec<_> = collector.variables().map(|(name, value)| (name.to_owned(), value)).into();
        variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::start_in(data_dir, vec!["--allow-private-targets".to_owned()], variables).await
    }

    /// Starts a server with these options.
    pub async fn start_with(options: &[&str]) -> Self {
        let data_dir = tempfile::tempdir().expect("a data directory");
        Self::start_in(data_dir, options.iter().map(|option| (*option).to_owned()).collect(), Vec::new()).await
    }

    pub(crate) async fn start_with_settings(settings: Settings) -> Self {
        let (workers, lease) = (settings.workers.to_string(), format!("{}s", settings.lease.as_secs()));
        let options = ["--workers", workers.as_str(), "--lease", lease.as_str(), "--allow-private-targets"];
        let count = if settings.allow_private_targets { options.len() } else { options.len() - 1 };
        Self::start_with(&options[..count]).await
    }

    async fn start_in(data_dir: TempDir, options: Vec<String>, variables: Vec<(String, String)>) -> Self {
        let mut child = command(data_dir.path(), &options)
            .envs(variables.clone())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let stdout = child.stdout.take().expect("its output");
        let log = Log::collect(child.stderr.take().expect("its log"));
        let mut lines = BufReader::new(stdout).lines();
        let ready = match within("the server's start", lines.next_line()).await {
            Ok(Some(line)) => serde_json::from_str::<Value>(&line).expect("a line of JSON"),
            _ => panic!("the server did not start: {}", log.whole().await),
        };
        let text = |name: &str| ready[name].as_str().expect("a text").to_owned();
        assert_eq!(ready["ready"], true);
        Self {
            http: text("http"),
            ws: text("ws"),
            token: text("token"),
            sign_in: text("sign_in"),
            data_dir,
            options,
            variables,
            child,
            log,
        }
    }

    /// Connects with the server's own token.
    pub async fn client(&self) -> Client {
        Client::connect(&self.ws, &self.token).await
    }

    /// Returns the data directory of the server.
    pub fn data_dir(&self) -> PathBuf {
        self.data_dir.path().to_owned()
    }

    /// Returns the options with which commands find this server.
    pub fn options(&self) -> [String; 2] {
        ["--data-dir".to_owned(), self.data_dir.path().display().to_string()]
    }

    /// Returns a token for this principal, made as an operator makes it.
    pub fn token_of(&self, principal: &str, role: &str) -> String {
        new_token(principal, role, &self.options(), None)
    }

    /// Returns what the server has written to its log so far.
    pub fn log(&self) -> String {
        self.log.so_far()
    }

    /// Kills the server as `kill -9` does, and starts another on the same data directory.
    pub async fn kill_and_restart(self) -> Self {
        self.kill_and_restart_after(|_| ()).await
    }

    /// Does the same, with a change of the data directory in between.
    pub async fn kill_and_restart_after(mut self, happens: impl FnOnce(&Path)) -> Self {
        self.child.kill().await.expect("the server is killed");
        happens(self.data_dir.path());
        Self::start_in(self.data_dir, self.options, self.variables).await
    }

    /// Fills the disk from the server's point of view: every further write to a file fails.
    pub fn fill_disk(&self) {
        self.limit_files("0:");
    }

    /// Makes room again.
    pub fn free_disk(&self) {
        self.limit_files("unlimited:");
    }

    /// Limits the size of the server's files. <https://man7.org/linux/man-pages/man1/prlimit.1.html>
    fn limit_files(&self, limit: &str) {
        let id = self.child.id().expect("the server runs").to_string();
        let arguments = ["--pid", &id, &format!("--fsize={limit}")];
        let limited = std::process::Command::new("prlimit").args(arguments).status().expect("prlimit");
        assert!(limited.success(), "the limit is set");
    }

    /// Asks the server to stop, and checks that it left nothing behind: no work in its queue, no error in its log.
    pub async fn stop(self) {
        let said = self.stop_with_errors().await;
        assert!(!said.contains("ERROR"), "{said}");
    }

    /// Does the same if errors in the log are expected, and returns the log.
    pub async fn stop_with_errors(mut self) -> String {
        // A message whose worker was killed after the test was counted comes back once more before it is deleted.
        within("the queue's end", async {
            while messages(&self.data_dir.path().join("queue.sqlite")) > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
        let id = self.child.id().expect("the server runs").to_string();
        std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        let status = within("the server's end", self.child.wait()).await.expect("a status");
        let said = self.log.whole().await;
        assert!(status.success(), "the server ended with {status}: {said}");
        assert!(!said.contains("panicked"), "{said}");
        said
    }
}

fn command(data_dir: &Path, options: &[String]) -> Command {
    // A process that writes beyond its limit is killed unless it ignores the signal; if it does, the write fails, as on
    // a full disk: https://man7.org/linux/man-pages/man2/setrlimit.2.html
    // It also starts with a lower limit of open files than a system usually gives, so that it has to raise it.
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"trap '' XFSZ; ulimit -Sn 64; exec "$0" "$@""#])
        .arg(binary("stepcast"))
        .args(["up", "--json", "--data-dir"])
        .arg(data_dir)
        .args(if options.iter().any(|option| option == "--port") { &[][..] } else { &["--port", "0"] })
        .args(options)
        .env_remove("STEPCAST_ADMIN_TOKEN")
        .env_remove("OTEL_EXPORTER_OTLP_ENDPOINT")
        .env("RUST_LOG", "warn,stepcast_worker=info")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The log of a server. It is read continuously, because a full pipe would block the server.
struct Log {
    lines: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

impl Log {
    fn collect(stderr: ChildStderr) -> Self {
        let lines = Arc::new(Mutex::new(String::new()));
        let collected = lines.clone();
        let reading = tokio::spawn(async move {
            let mut stderr = BufReader::new(stderr).lines();
            // The log ends when the process ends, or at the first line that is not text.
            while let Ok(Some(line)) = stderr.next_line().await {
                let mut lines = collected.lock().unwrap_or_else(PoisonError::into_inner);
                lines.push_str(&line);
                lines.push('\n');
            }
        });
        Self { lines, reading }
    }

    fn so_far(&self) -> String {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the log of a process that has ended.
    async fn whole(self) -> String {
        let lines = self.lines.clone();
        within("the end of the server's log", self.reading).await.expect("the log is read");
        lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn messages(queue: &Path) -> u64 {
    let connection = Connection::open_with_flags(queue, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the queue's file");
    connection.query_row("SELECT count(*) FROM message", [], |row| row.get(0)).expect("the queue's messages")
}
