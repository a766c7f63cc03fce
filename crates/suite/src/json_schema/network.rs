//! How requests reach the network.

use super::super::network::INSECURE;
use super::super::read_network::{BEGIN, CLIENT_KEYS, END, FILE_KEYS, PRIVATE_KEY};
use super::values::reference;
use super::words::Place;
use super::{mapping, with};
use serde_json::{Map, Value, json};

/// Empty, an address, or a template that becomes one.
const PROXY: &str = r"^\s*$|^\s*[hH][tT][tT][pP][sS]?:|\$\{[^}]*\}";
/// One secret and nothing else.
const SECRET: &str = r"^\s*\$\{\s*secret\.[^{}]*[^{}\s][^{}]*\}\s*$";

pub(super) fn definitions() -> Map<String, Value> {
    let proxy = json!({ "type": "string", "pattern": PROXY, "examples": ["http://proxy.example:3128", "${proxy}"] });
    let file = mapping(Place::CertificateFile, &FILE_KEYS, |_| json!({ "type": "string" }));
    let whole = json!({ "allOf": [{ "pattern": BEGIN }, { "pattern": END }] });
    let text = json!({
        "type": "string", "anyOf": [whole, reference("template")], "not": { "pattern": PRIVATE_KEY },
    });
    let client = mapping(Place::ClientCertificate, &CLIENT_KEYS, |key| match key {
        "key" => json!({ "type": "string", "pattern": SECRET, "examples": ["${secret.client_key}"] }),
        _ => reference("ca"),
    });
    let entries = [
        ("proxy", proxy),
        ("ca", json!({ "anyOf": [text, with(file, json!({ "required": FILE_KEYS }))] })),
        (INSECURE, json!({ "type": "boolean", "default": false })),
        ("client_certificate", with(client, json!({ "required": CLIENT_KEYS }))),
    ];
    entries.map(|(name, schema)| (name.to_owned(), schema)).into_iter().collect()
}

/// A proxy that speaks TLS could ask for the client certificate.
pub(super) fn not_shown_to_proxy() -> Value {
    let is_tls = json!({ "type": "string", "pattern": r"^\s*[hH][tT][tT][pP][sS]:" });
    json!({
        "if": { "required": ["proxy"], "properties": { "proxy": is_tls } },
        "then": { "properties": { "client_certificate": false } },
    })
}
