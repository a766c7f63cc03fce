//! A running Stepcast of which a test knows no more than a client does: where it is, and a token.
//!
//! Where it runs is not the test's business: `STEPCAST_TESTS_ON=aws` runs the same tests on the emulated AWS of
//! [`aws`](crate::aws), and anything else in `stepcast up`.

use crate::aws::Stack;
use crate::settings::{Settings, new_token};
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
    /// Starts one with nothing in it.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// Starts one with these settings.
    pub async fn start_with(settings: Settings) -> Self {
        if std::env::var("STEPCAST_TESTS_ON").is_ok_and(|place| place == "aws") {
            let stack = Stack::start(settings).await;
            Self { ws: stack.ws.clone(), token: stack.token.clone(), runs: Runs::OnAws(Box::new(stack)) }
        } else {
            let server = Server::start_with_settings(settings).await;
            Self { ws: server.ws.clone(), token: server.token.clone(), runs: Runs::OnThisMachine(Box::new(server)) }
        }
    }

    /// A connection as an admin.
    pub async fn client(&self) -> Client {
        Client::connect(&self.ws, &self.token).await
    }

    /// The status a handshake with a wrong token is refused with. The emulator has one for all refusals.
    pub fn refusal(&self) -> u16 {
        match self.runs {
            Runs::OnThisMachine(_) => 401,
            Runs::OnAws(_) => 403,
        }
    }

    /// A token for somebody, made as an operator makes it.
    pub fn token_of(&self, principal: &str, role: &str) -> String {
        match &self.runs {
            Runs::OnThisMachine(server) => server.token_of(principal, role),
            Runs::OnAws(stack) => new_token(principal, role, &[], Some(&stack.secret)),
        }
    }

    /// Runs the command against this deployment.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        let environment = [("STEPCAST_URL", self.ws.clone()), ("STEPCAST_TOKEN", self.token.clone())];
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let ran = tokio::task::spawn_blocking(move || stepcast_with(&arguments, &environment));
        ran.await.expect("the command runs")
    }

    /// Stops it, and checks that it left nothing behind: no work in its queue, no error in its log.
    pub async fn stop(self) {
        match self.runs {
            Runs::OnThisMachine(server) => server.stop().await,
            Runs::OnAws(stack) => stack.stop().await,
        }
    }
}
