//! Answers that come from somewhere other than the network.

use super::{FetchError, FetchRequest, Head, Times};
use bytes::Bytes;
use http::HeaderMap;
use std::fmt::Debug;
use stepcast_protocol::exchange::LinkAnswer;
use url::Url;

/// Answers requests in place of the network.
pub trait Answers: Debug + Send + Sync {
    /// The answer to a request that is sent with these headers.
    fn answer(&self, request: &FetchRequest, headers: &HeaderMap) -> Result<Played, FetchError>;

    /// What a link answered, if its requests cannot be answered one by one.
    fn link(&self, url: &Url) -> Option<LinkAnswer>;
}

/// An answer that did not come from the network.
pub struct Played {
    /// What it begins with, or why there is none
    pub head: Result<Head, FetchError>,
    /// The body, decompressed, or why it cannot be used
    pub body: Result<Bytes, FetchError>,
    /// How long its parts took when it was recorded
    pub times: Times,
}
