//! The template's stack on the emulator, and its operator.

use super::Proxy;
use super::edge::Edge;
use super::emulator::{Emulator, free_address, program};
use crate::settings::{Settings, new_token};
use crate::{Client, within};
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A deployed stack.
pub struct Stack {
    /// Address of the WebSocket
    pub ws: String,
    /// A token with the role `admin`
    pub token: String,
    /// The deployment's secret
    pub secret: String,
    /// The proxy between the functions and the services
    pub proxy: Proxy,
    operator: Operator,
    policies: Value,
    _edge: Edge,
    _emulator: Emulator,
}

impl Stack {
    /// Starts an emulator of its own and deploys the template to it.
    pub async fn start(settings: Settings) -> Self {
        let services = free_address().await;
        let proxy = Proxy::start(services).await;
        let emulator = Emulator::start(services, proxy.address).await;
        let parameters = [
            // The API's own domain name has no port.
            format!("PushEndpoint=http://{}/_aws/execute-api/{{api}}/ws", proxy.address),
            format!("AllowPrivateTargets={}", settings.allow_private_targets),
            format!("WorkerConcurrency={}", settings.workers),
            format!("LeaseSeconds={}", settings.lease.as_secs()),
            "DeletionProtection=false".to_owned(),
            "Metrics=outcome".to_owned(),
            format!(
                "TracesEndpoint={}",
                settings.collector.map(|address| format!("http://{address}")).unwrap_or_default()
            ),
        ];
        let mut operator = Operator::start(&services.to_string(), &parameters);
        let deployed = operator.said("the deployment").await;
        let text = |name: &str| deployed[name].as_str().unwrap_or_else(|| panic!("no {name}: {deployed}")).to_owned();
        let (api, secret) = (text("Api"), text("Secret"));
        let edge = Edge::start(services).await;
        Self {
            ws: format!("ws://{}/_aws/execute-api/{api}/ws", edge.address),
            token: new_token("admin", "admin", &[], Some(&secret)),
            secret,
            proxy,
            operator,
            policies: deployed["Policies"].clone(),
            _edge: edge,
            _emulator: emulator,
        }
    }

    /// Returns a token for this principal.
    pub fn token_of(&self, principal: &str, role: &str) -> String {
        new_token(principal, role, &[], Some(&self.secret))
    }

    /// Connects as an admin.
    pub async fn client(&self) -> Client {
        Client::connect(&self.ws, &self.token).await
    }

    /// Returns how many messages wait in the queues or are in flight, and how many are dead letters.
    pub async fn messages(&mut self) -> (u64, u64) {
        let count = self.operator.ask("messages").await;
        let number = |name: &str| count[name].as_u64().unwrap_or_else(|| panic!("no number: {count}"));
        (number("queue"), number("dead_letters"))
    }

    /// Waits until this many messages wait in the queues or are in flight, and this many are dead letters.
    pub async fn has_messages(&mut self, queue: u64, dead_letters: u64) {
        within("the messages", async {
            while self.messages().await != (queue, dead_letters) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        })
        .await;
    }

    /// Invokes the reaper, which is scheduled once a minute, repeatedly until the job has its verdict.
    pub async fn reap_until_over(&mut self, job: &str) {
        let mut reader = self.client().await;
        within("the verdict", async {
            while reader.job(job).await["verdict"].is_null() {
                self.operator.ask("reap").await;
            }
        })
        .await;
    }

    /// Waits until the functions have written this many metrics to their logs, and returns all of them. A function may
    /// write them after another one has published the end of the job.
    pub async fn metrics(&mut self, count: usize) -> Vec<Value> {
        within("the metrics", async {
            loop {
                let said = self.operator.ask("metrics").await;
                let lines = said["metrics"].as_array().expect("lines").iter().filter_map(Value::as_str);
                let metrics: Vec<Value> =
                    lines.map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
                if metrics.len() >= count {
                    return metrics;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        })
        .await
    }

    /// Stops the stack, and checks that it left nothing behind: no message, no error in its log, no request that its
    /// policies rejected. Adds the requests of its functions to the record that [`record`](super::record) keeps.
    pub async fn stop(self) {
        self.stop_allowing(&[]).await;
    }

    /// Does the same, but accepts these messages in the log.
    pub async fn stop_allowing(mut self, messages: &[&str]) {
        self.has_messages(0, 0).await;
        let said = self.operator.ask("errors").await;
        let lines = said["errors"].as_array().expect("lines").iter().filter_map(Value::as_str);
        let errors: Vec<_> = lines.filter(|line| !messages.iter().any(|message| line.contains(message))).collect();
        assert_eq!(errors, [""; 0], "the functions' logs have errors");
        super::record::add(&self.policies, &self.proxy.calls());
    }

    /// Stops the stack if the log is expected to have errors.
    pub fn stop_with_errors(self) {
        super::record::add(&self.policies, &self.proxy.calls());
    }
}

/// The process that deploys and operates the stack, with the SDK for Python.
struct Operator {
    _process: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Operator {
    fn start(services: &str, parameters: &[String]) -> Self {
        let mut command = Command::new(program("python"));
        command
            .arg(Path::new(ROOT).join("tests/infra/stack_operator.py"))
            .args(["--endpoint", &format!("http://{services}")])
            .args(parameters)
            .current_dir(ROOT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("Python starts");
        let orders = process.stdin.take().expect("its input");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        Self { _process: process, orders, lines }
    }

    async fn ask(&mut self, order: &str) -> Value {
        self.orders.write_all(format!("{order}\n").as_bytes()).await.expect("the operator listens");
        self.said(order).await
    }

    async fn said(&mut self, what: &str) -> Value {
        let line = within(what, self.lines.next_line()).await.expect("the operator's output");
        let line = line.unwrap_or_else(|| panic!("{what} failed; the operator said why"));
        serde_json::from_str(&line).expect("a line of JSON")
    }
}
