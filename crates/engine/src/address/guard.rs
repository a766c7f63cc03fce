//! Decides which hosts may be connected to, and resolves names to allowed addresses only.

use super::classify;
use super::lookup::Lookup;
use crate::connecting;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use url::{Host, Url};

/// A host that is not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedTarget {
    /// It is not on the public internet
    #[error("`{host}` {verb} {kind}")]
    Inner {
        /// The host as written in the address
        host: String,
        /// `is`, or `resolves to`
        verb: &'static str,
        /// What kind of address it is
        kind: &'static str,
    },
    /// It is Stepcast's own, for example Lambda's runtime API
    #[error("`{host}` belongs to the machine Stepcast runs on")]
    Forbidden {
        /// The host as written in the address
        host: String,
    },
}

impl RefusedTarget {
    /// How to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Inner { .. } => "private targets are refused; allow them with `--allow-private-targets`",
            Self::Forbidden { .. } => "it is never fetched, even if private targets are allowed",
        }
    }
}

/// The rule for hosts.
#[derive(Debug)]
pub struct Guard {
    allow_private: bool,
    allow_insecure: bool,
    forbidden_addresses: Vec<IpAddr>,
    forbidden_names: Vec<String>,
    lookup: Arc<dyn Lookup>,
}

impl Guard {
    /// Creates a guard with these settings. `forbidden` lists hosts with or without a port; `lookup` resolves names.
    pub fn new(allow_private: bool, forbidden: Vec<String>, lookup: Arc<dyn Lookup>) -> Self {
        let mut guard = Self {
            allow_private,
            allow_insecure: false,
            forbidden_addresses: Vec::new(),
            forbidden_names: Vec::new(),
            lookup,
        };
        for host in forbidden.into_iter().filter(|host| !host.is_empty()) {
            match parse_address(&host) {
                Some(address) => guard.forbidden_addresses.push(address),
                None => guard.forbidden_names.push(plain_name(host.split(':').next().unwrap_or(&host))),
            }
        }
        guard
    }

    /// Sets whether requests may skip the verification of certificates.
    #[must_use]
    pub fn allowing_insecure(self, allow_insecure: bool) -> Self {
        Self { allow_insecure, ..self }
    }

    /// Whether requests may skip the verification of certificates.
    pub fn allows_insecure(&self) -> bool {
        self.allow_insecure
    }

    /// Checks what needs no resolver: addresses written as literals, and forbidden names. The `url` crate has already
    /// turned decimal, octal and hexadecimal spellings into plain addresses.
    pub fn check_url(&self, url: &Url) -> Result<(), RefusedTarget> {
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into(), &address.to_string(), "is"),
            Some(Host::Ipv6(address)) => self.check_address(address.into(), &address.to_string(), "is"),
            Some(Host::Domain(name)) => self.check_name(name),
            None => Ok(()),
        }
    }

    fn check_name(&self, name: &str) -> Result<(), RefusedTarget> {
        if self.forbidden_names.contains(&plain_name(name)) {
            return Err(RefusedTarget::Forbidden { host: name.to_owned() });
        }
        Ok(())
    }

    fn check_address(&self, address: IpAddr, host: &str, verb: &'static str) -> Result<(), RefusedTarget> {
        if self.is_forbidden(address) {
            return Err(RefusedTarget::Forbidden { host: host.to_owned() });
        }
        match classify::inner(address) {
            Some(kind) if !self.allow_private => Err(RefusedTarget::Inner { host: host.to_owned(), verb, kind }),
            _ => Ok(()),
        }
    }

    /// Ignores the port, because a resolver does not know it. A forbidden loopback address forbids all of loopback, and
    /// the unspecified address, which connects there too.
    fn is_forbidden(&self, address: IpAddr) -> bool {
        let is_local = |address: IpAddr| address.is_loopback() || address.is_unspecified();
        let reached = classify::reached(address);
        self.forbidden_addresses.iter().any(|forbidden| {
            reached.iter().any(|address| address == forbidden || (is_local(*forbidden) && is_local(*address)))
        })
    }

    /// Keeps the addresses that may be connected to; refuses the host if none is left.
    fn keep_allowed(&self, host: &str, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, RefusedTarget> {
        let mut refused = None;
        let mut allowed = Vec::new();
        for address in addresses {
            match self.check_address(address.ip(), host, "resolves to") {
                Ok(()) => allowed.push(address),
                Err(error) => refused = Some(error),
            }
        }
        match refused {
            Some(error) if allowed.is_empty() => Err(error),
            _ => Ok(allowed),
        }
    }
}

/// Resolves names for the HTTP client and hands out checked addresses only.
#[derive(Debug, Clone)]
pub struct GuardedResolver(pub Arc<Guard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            guard.check_name(&host)?;
            // Port 0 means the port in the address, or the default of its scheme.
            let found = connecting::resolving(guard.lookup.addresses(&host)).await?;
            let found: Vec<_> = found.into_iter().map(|address| SocketAddr::new(address, 0)).collect();
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into());
            }
            let allowed = guard.keep_allowed(&host, found)?;
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

fn parse_address(host: &str) -> Option<IpAddr> {
    let address = host.parse::<SocketAddr>().map(|address| address.ip()).ok();
    address.or_else(|| host.trim_matches(['[', ']']).parse().ok())
}

fn plain_name(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::SystemLookup;

    fn guard(allow_private: bool, forbidden: Vec<String>) -> Guard {
        Guard::new(allow_private, forbidden, Arc::new(SystemLookup))
    }

    fn check(guard: &Guard, url: &str) -> Result<(), RefusedTarget> {
        guard.check_url(&Url::parse(url).expect("an address"))
    }

    #[test]
    fn loopback_is_refused_however_it_is_spelt() {
        let guard = guard(false, Vec::new());
        for host in ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::1]", "[::ffff:7f00:1]"] {
            let refused = check(&guard, &format!("http://{host}/")).expect_err(host);
            assert!(matches!(refused, RefusedTarget::Inner { verb: "is", .. }), "{host}: {refused}");
        }
        assert_eq!(check(&guard, "https://1.1.1.1/"), Ok(()));
    }

    #[test]
    fn private_targets_can_be_allowed() {
        assert_eq!(check(&guard(true, Vec::new()), "http://127.0.0.1/"), Ok(()));
    }

    #[test]
    fn the_runtime_api_is_refused_also_where_private_targets_are_allowed() {
        let guard = guard(true, vec!["127.0.0.1:9001".into(), "runtime.local:80".into(), String::new()]);
        for host in ["127.0.0.1:9001", "127.0.0.2", "0.0.0.0:9001", "[::1]", "[::ffff:127.0.0.1]", "RUNTIME.local."] {
            let refused = check(&guard, &format!("http://{host}/")).expect_err(host);
            assert!(matches!(refused, RefusedTarget::Forbidden { .. }), "{host}: {refused}");
        }
        assert_eq!(check(&guard, "http://10.0.0.1/"), Ok(()));
        let elsewhere = self::guard(true, vec!["169.254.100.1:9001".into()]);
        assert!(check(&elsewhere, "http://169.254.100.1/").is_err());
        assert_eq!(check(&elsewhere, "http://127.0.0.1/"), Ok(()));
    }

    #[test]
    fn of_a_names_addresses_only_allowed_ones_are_kept() {
        let guard = guard(false, Vec::new());
        let [inner, public]: [SocketAddr; 2] =
            ["10.0.0.1:0", "1.1.1.1:0"].map(|text| text.parse().expect("an address"));
        assert_eq!(guard.keep_allowed("h", vec![inner, public]), Ok(vec![public]));
        let refused = guard.keep_allowed("h", vec![inner]).expect_err("nothing is left");
        assert_eq!(refused.to_string(), "`h` resolves to a private address");
    }
}
