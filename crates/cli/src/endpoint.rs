//! How commands on the same machine find the server `stepcast up` started: a file in its data directory, readable by
//! its owner only, since it holds a token.

use crate::args::ServerArguments;
use crate::usage_error::UsageError;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use url::Url;

/// The address of a server and the token for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    /// Address of the dashboard
    pub http: String,
    /// Address of the WebSocket
    pub ws: String,
    /// Says who we are
    pub token: String,
}

impl Endpoint {
    /// The values that were typed or set, and for the rest those that `up` left.
    pub fn find(arguments: &ServerArguments) -> Result<Self, UsageError> {
        let left = Self::read(&arguments.data_dir);
        let ws = arguments.url.clone().or_else(|| left.as_ref().map(|left| left.ws.clone())).ok_or_else(no_server)?;
        // A token is for the server it came from, and for no other.
        let own = left.as_ref().filter(|left| left.ws == ws);
        let token = arguments.token.clone().or_else(|| own.map(|own| own.token.clone())).ok_or_else(no_token)?;
        let http = own.map_or_else(|| http_of(&ws), |own| own.http.clone());
        Ok(Self { http, ws, token })
    }

    /// A page of the dashboard; `None` if the server has none: API Gateway's own addresses speak WebSocket only.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html>
    pub fn page(&self, path: &str) -> Option<String> {
        let host = Url::parse(&self.http).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let is_gateway = host.contains(".execute-api.") && host.contains(".amazonaws.com");
        (!is_gateway).then(|| format!("{}/#/{path}", self.http))
    }

    fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path(data_dir)).ok()?).ok()
    }

    /// Writes the endpoint to the place where [`find`](Self::find) looks for it.
    pub fn write(&self, data_dir: &Path) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path(data_dir))?;
        file.write_all(&serde_json::to_vec(self)?)
    }

    /// Removes it again.
    pub fn remove(data_dir: &Path) {
        // A file that is left behind names a server that no longer answers; the next command that tries it says so.
        let _ = fs::remove_file(path(data_dir));
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("endpoint.json")
}

fn http_of(ws: &str) -> String {
    ws.replacen("ws", "http", 1).trim_end_matches("/ws").to_owned()
}

fn no_server() -> UsageError {
    UsageError::with_hint(
        "there is no server to connect to",
        "start one with `stepcast up`, or give its address with --url or STEPCAST_URL",
    )
}

fn no_token() -> UsageError {
    UsageError::with_hint(
        "there is no token for that server",
        "give one with --token or STEPCAST_TOKEN; `stepcast token new` makes one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_where_the_dashboard_is() {
        let page = |ws: &str| Endpoint { http: http_of(ws), ws: ws.to_owned(), token: String::new() }.page("jobs/1");
        assert_eq!(page("ws://127.0.0.1:4477/ws").as_deref(), Some("http://127.0.0.1:4477/#/jobs/1"));
        assert_eq!(page("wss://d111.cloudfront.net/ws").as_deref(), Some("https://d111.cloudfront.net/#/jobs/1"));
        assert_eq!(page("wss://a1b2.execute-api.eu-central-1.amazonaws.com/ws"), None);
    }
}
