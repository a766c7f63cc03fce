//! Turns names into addresses.

use futures_util::future::BoxFuture;
use std::fmt::Debug;
use std::io;
use std::net::IpAddr;

/// Looks up the addresses of a name for the engine. The results are checked like any other address.
pub trait Lookup: Debug + Send + Sync {
    /// Returns all addresses of a name. It is called once for each connection, so answers may change in between.
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Debug)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    }
}
