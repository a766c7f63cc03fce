//! Reads how requests reach the network: proxy, certificate authorities, client certificate.

use super::network::{ClientCertificate, Network, SHOWN_TO_PROXY, check_proxy};
use super::reader::{At, Fields};
use crate::document::Kind;
use crate::template::{self, SECRET_PREFIX};

/// The keys of `defaults` that are read here.
pub(super) const NETWORK_KEYS: [&str; 3] = ["proxy", "ca", "client_certificate"];

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

pub(super) fn read_network(fields: &Fields) -> Network {
    let network = Network {
        proxy: fields.get("proxy").and_then(|at| read_proxy(&at)),
        ca: fields.get("ca").and_then(|at| read_certificates(&at)),
        client_certificate: fields.get("client_certificate").and_then(|at| read_client_certificate(&at)),
    };
    let is_tls = network.proxy.as_ref().is_some_and(|proxy| proxy.trim_start().starts_with("https:"));
    if is_tls && network.client_certificate.is_some() {
        fields.problem_at_key("client_certificate", SHOWN_TO_PROXY, Some("use an `http:` proxy with it".into()));
    }
    network
}

fn read_proxy(at: &At) -> Option<String> {
    let text = at.text()?;
    if !template::is_template(&text)
        && !text.trim().is_empty()
        && let Err(message) = check_proxy(text.trim())
    {
        at.problem(message);
        return None;
    }
    Some(text)
}

fn read_certificates(at: &At) -> Option<String> {
    if let Kind::Mapping(_) = at.node.kind {
        return file_only(at);
    }
    let text = at.text_not_empty()?;
    if text.contains(PRIVATE_KEY) {
        at.report_unquoted("there is a private key beside the certificates", "take it out, and consider it known");
        return None;
    }
    let (begins, ends) = (text.matches(BEGIN).count(), text.matches(END).count());
    if !template::is_template(&text) && (begins == 0 || begins != ends) {
        let hint = format!("PEM begins with `{BEGIN}` and ends with `{END}`");
        at.problem_with_hint("there is no whole certificate in PEM here", hint);
        return None;
    }
    Some(text)
}

/// A mapping stands for a file, which the command has put in its place where it could.
fn file_only<T>(at: &At) -> Option<T> {
    at.fields(&["file"])?;
    at.problem_with_hint(
        "only the `stepcast` command reads files",
        "put the certificates themselves here; they begin with `-----BEGIN CERTIFICATE-----`",
    );
    None
}

fn read_client_certificate(at: &At) -> Option<ClientCertificate> {
    let fields = at.fields(&["certificate", "key"])?;
    let certificate = fields.require("certificate").and_then(|at| read_certificates(&at));
    let key = fields.require("key").and_then(|at| read_key(&at));
    Some(ClientCertificate { certificate: certificate?, key: key? })
}

/// Suites are stored and shown, so a key is never part of one; neither is it quoted where it is.
fn read_key(at: &At) -> Option<String> {
    let name = at.scalar().and_then(|value| value.as_str()).and_then(|text| secret_name(text.trim()));
    let Some(name) = name else {
        at.report_unquoted(
            "a private key has to be a secret",
            "write `key: ${secret.client_key}` and run with `client_key=\"$(cat key.pem)\"` in the environment and \
             `--secret client_key`",
        );
        return None;
    };
    Some(format!("${{{SECRET_PREFIX}{name}}}"))
}

/// The name in a text that is one secret and nothing else.
fn secret_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?.trim().strip_prefix(SECRET_PREFIX)?;
    (!name.is_empty() && !name.contains(['{', '}'])).then_some(name)
}
