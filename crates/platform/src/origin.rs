//! Which pages may open a connection.
//!
//! A browser lets any page connect to any address, and sends cookies, but names the origin of the page in `Origin` (RFC
//! 6454, section 7). Tokens are not cookies, so a foreign page cannot use a user's token. This check prevents the
//! attempt, and rejects pages that reach a server on this machine under their own host name (DNS rebinding).

use std::fmt;
use url::Url;

/// The origins pages may connect from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// All
    #[default]
    Any,
    /// These
    Only(Vec<Origin>),
}

/// An origin as browsers write it: `https://example.com`, `http://127.0.0.1:8787`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin like `https://example.com` or `http://127.0.0.1:8787`")]
pub struct NoOrigin(String);

impl Origin {
    /// Reads an origin that an operator wrote: a scheme, a host and an optional port. The result has the form that
    /// browsers send.
    pub fn parse(text: &str) -> Result<Self, NoOrigin> {
        let no_origin = || NoOrigin(text.to_owned());
        let url = Url::parse(text.trim()).map_err(|_| no_origin())?;
        let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let is_anonymous = url.username().is_empty() && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !is_bare || !is_anonymous {
            return Err(no_origin());
        }
        Ok(Self(url.origin().ascii_serialization()))
    }

    /// Returns whether what it sends is encrypted.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AllowedOrigins {
    /// Reads a list separated by commas. An empty one allows all.
    pub fn parse(list: &str) -> Result<Self, NoOrigin> {
        let origins = list.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(Origin::parse);
        let origins: Vec<Origin> = origins.collect::<Result<_, _>>()?;
        Ok(if origins.is_empty() { Self::Any } else { Self::Only(origins) })
    }

    /// Whether a page with this `Origin` header may connect.
    pub fn admit(&self, header: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(origins) => origins.iter().any(|origin| origin.0.eq_ignore_ascii_case(header)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_read_as_browsers_write_it() {
        let read = |text: &str| Origin::parse(text).map(|origin| origin.to_string());
        assert_eq!(read("https://QA.Example:443/"), Ok("https://qa.example".to_owned()));
        assert_eq!(read(" http://127.0.0.1:8787 "), Ok("http://127.0.0.1:8787".to_owned()));
        assert_eq!(read("https://bücher.example"), Ok("https://xn--bcher-kva.example".to_owned()));
        for bad in ["qa.example", "*", "null", "https://qa.example/app", "https://me@qa.example", "ws://qa.example"] {
            assert_eq!(read(bad), Err(NoOrigin(bad.to_owned())));
        }
    }

    #[test]
    fn only_the_listed_origins_are_admitted() {
        let listed = AllowedOrigins::parse("https://qa.example, http://localhost:8787,").expect("two origins");
        for good in ["https://qa.example", "HTTPS://qa.example", "http://localhost:8787"] {
            assert!(listed.admit(good), "{good}");
        }
        for bad in ["https://qa.example.evil", "http://qa.example", "https://qa.example:8443", "null", ""] {
            assert!(!listed.admit(bad), "{bad}");
        }
        assert_eq!(AllowedOrigins::parse(" , "), Ok(AllowedOrigins::Any));
        assert!(AllowedOrigins::Any.admit("https://anybody.example"));
    }
}
