//! Reads how requests reach the network: proxy, certificate authorities, client certificate.

use super::network::{ClientCertificate, INSECURE, Network, SHOWN_TO_PROXY, check_proxy};
use super::reader::{At, Fields};
use crate::document::Kind;
use crate::template::{self, SECRET_PREFIX};

/// The keys of `client_certificate`.
pub(super) const CLIENT_KEYS: [&str; 2] = ["certificate", "key"];
/// The keys of a file the command reads.
pub(super) const FILE_KEYS: [&str; 1] = ["file"];

/// How a certificate begins in PEM.
pub(super) const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
/// How it ends.
pub(super) const END: &str = "-----END CERTIFICATE-----";
/// The beginning of every private key in PEM.
pub(super) const PRIVATE_KEY: &str = "PRIVATE KEY-----";

pub(super) fn read_network(fields: &Fields) -> Network {
    let network = Network {
        proxy: fields.get("proxy").and_then(|at| read_proxy(&at)),
        ca: fields.get("ca").and_then(|at| read_certificates(&at)),
        client_certificate: fields.get("client_certificate").and_then(|at| read_client_certificate(&at)),
        insecure: fields.get(INSECURE).and_then(|at| at.boolean()).unwrap_or_default(),
    };
    let is_tls =
        network.proxy.as_ref().is_some_and(|proxy| proxy.trim_start().to_ascii_lowercase().starts_with("https:"));
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
        at.problem_with_hint(
            "there is a private key next to the certificates",
            "remove it, and treat it as compromised",
        );
        return None;
    }
    let (begins, ends) = (text.matches(BEGIN).count(), text.matches(END).count());
    if !template::is_template(&text) && (begins == 0 || begins != ends) {
        let hint = if text.contains(['-', '\n']) || !text.contains('.') {
            format!("PEM begins with `{BEGIN}` and ends with `{END}`")
        } else {
            "if this is the name of a file, write `{ file: NAME }`".to_owned()
        };
        at.problem_with_hint("there is no complete certificate in PEM here", hint);
        return None;
    }
    Some(text)
}

/// A mapping refers to a file; the command has replaced it by the file's contents if it could.
fn file_only<T>(at: &At) -> Option<T> {
    let fields = at.fields(&FILE_KEYS)?;
    fields.require("file")?.text_not_empty()?;
    at.problem_with_hint(
        "only the `stepcast` command reads files",
        "put the certificates themselves here; they begin with `-----BEGIN CERTIFICATE-----`",
    );
    None
}

fn read_client_certificate(at: &At) -> Option<ClientCertificate> {
    let fields = at.fields(&CLIENT_KEYS)?;
    let certificate = fields.require("certificate").and_then(|at| read_certificates(&at));
    let key = fields.require("key").and_then(|at| read_key(&at));
    Some(ClientCertificate { certificate: certificate?, key: key? })
}

/// Suites are stored and shown, so a key is never part of one.
fn read_key(at: &At) -> Option<String> {
    let name = at.scalar().and_then(|value| value.as_str()).and_then(|text| secret_name(text.trim()));
    let Some(name) = name else {
        at.problem_with_hint(
            "a private key must be a secret",
            "write `key: ${secret.client_key}` and run with `client_key=\"$(cat key.pem)\"` in the environment and \
             `--secret client_key`",
        );
        return None;
    };
    Some(format!("${{{SECRET_PREFIX}{name}}}"))
}

/// The name in a text that consists of exactly one secret.
fn secret_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?.trim().strip_prefix(SECRET_PREFIX)?;
    (!name.is_empty() && !name.contains(['{', '}'])).then_some(name)
}
