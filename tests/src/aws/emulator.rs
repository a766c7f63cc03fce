//! MiniStack in a process of its own.

use crate::within;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};

/// Returns a program of the Python environment that `make test-aws` creates.
pub(super) fn program(name: &str) -> PathBuf {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/emulators/bin")).join(name);
    assert!(path.exists(), "`{}` is missing; `make test-aws` makes it", path.display());
    path
}

/// A running MiniStack.
pub(super) struct Emulator {
    pub(super) address: SocketAddr,
    process: Child,
    _folder: TempDir,
}

impl Emulator {
    /// Starts MiniStack at this address. The functions it runs find the services at `endpoint`.
    pub(super) async fn start(address: SocketAddr, endpoint: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let mut command = Command::new(program("ministack"));
        command
            .env("GATEWAY_PORT", address.port().to_string())
            .env("BIND_HOST", "127.0.0.1")
            // Otherwise it opens a port that is reachable beyond loopback.
            .env("IOT_MTLS_ENABLED", "0")
            // Policies are enforced, as on AWS.
            .env("AUTH", "true")
            .env("AWS_ENDPOINT_URL", format!("http://{endpoint}"))
            .env("TMPDIR", folder.path())
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log"))
            .stderr(log)
            .process_group(0);
        let process = command.spawn().expect("MiniStack starts");
        let emulator = Self { address, process, _folder: folder };
        within("MiniStack's start", emulator.is_ready()).await;
        emulator
    }

    async fn is_ready(&self) {
        while TcpStream::connect(self.address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Emulator {
    /// Kills it together with the functions it started.
    fn drop(&mut self) {
        let Some(id) = self.process.id() else { return };
        // Processes that have ended need not be killed.
        let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).status();
    }
}

/// Returns an address on loopback that is not in use, and that no connection takes by chance: MiniStack needs a while
/// to listen there, so the port is below those that Linux gives to connections and to listeners on port 0 (from 32,768
/// on). Tests run as processes of their own, so each starts its search at another port.
/// <https://docs.kernel.org/networking/ip-sysctl.html>
pub(super) async fn free_address() -> SocketAddr {
    static LOOKED_AT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 2_000).unwrap_or_default() * 10;
    loop {
        let port = 10_000 + first + LOOKED_AT.fetch_add(1, Ordering::Relaxed) % 10;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
            return listener.local_addr().expect("an address");
        }
    }
}
