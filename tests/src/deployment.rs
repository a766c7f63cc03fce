//! A running Stepcast of which a test knows only what a client knows: its address and a token.
//!
//! The place where it runs does not matter to the test: `STEPCAST_TESTS_ON=aws` runs the same tests on the emulated AWS
//! of [`aws`](crate::aws), and any other value in `stepcast up`.

use crate::aws::Stack;
use crate::settings::Settings;
use crate::{Client, Ran, Server, stepcast_with};

/// A running Stepcast.
pub struct Deployment {
    /// Address of the WebSocket
    pub ws: String,
    /// A token with the role `admin`
    pub token: String,
    runs: Runs,
}

enum Runs {
    OnThisMachine(Box<Server>),
    OnAws(Box<Stack>),
}

impl Deployment {
    /// Starts an empty deployment.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// Starts an empty deployment with these settings.
    pub async fn start_with(settings: Settings) -> Self {
        if std::env::var("STEPCAST_TESTS_ON").is_ok_and(|place| place == "aws") {
            let stack = Stack::start(settings).await;
            Self { ws: stack.ws.clone(), token: stack.token.clone(), runs: Runs::OnAws(Box::new(stack)) }
        } else {
            let server = Server::start_with_settings(settings).await;
            Self { ws: server.ws.clone(), token: server.token.clone(), runs: Runs::OnThisMachine(Box::new(server)) }
        }
    }

    /// Connects as an admin.
    pub async fn client(&self) -> Client {
        Client::connect(&self.ws, &self.token).await
    }

    /// Returns the status with which a handshake with a wrong token is rejected. The emulator has one status for all
    /// rejections.
    pub fn refusal(&self) -> u16 {
        match self.runs {
            Runs::OnThisMachine(_) => 401,
            Runs::OnAws(_) => 403,
        }
    }

    /// Returns a token for this principal, made as an operator makes it.
    pub fn token_of(&self, principal: &str, role: &str) -> String {
        match &self.runs {
            Runs::OnThisMachine(server) => server.token_of(principal, role),
            Runs::OnAws(stack) => stack.token_of(principal, role),
        }
    }

    /// Runs the command against this deployment.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        let environment = [("STEPCAST_URL", self.ws.clone()), ("STEPCAST_TOKEN", self.token.clone())];
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let ran = tokio::task::spawn_blocking(move || stepcast_with(&arguments, &environment));
        ran.await.expect("the command runs")
    }

    /// Stops the deployment, and checks that it left nothing behind: no work in its queue, no error in its log.
    pub async fn stop(self) {
        match self.runs {
            Runs::OnThisMachine(server) => server.stop().await,
            Runs::OnAws(stack) => stack.stop().await,
        }
    }
}
