//! Replaces the files that hold certificates by their contents: `ca: { file: ca.pem }`.
//!
//! Private keys are left alone: what is put in here becomes part of the suite, which is stored and shown.

use super::load::{LOOKED_UP, Loader, child};
use serde_json::Value;
use std::path::Path;
use stepcast_suite::document::{Kind, Node};

/// Replaces a file that could not be read, so that the error is reported once.
const GOOD: &str = "-----BEGIN CERTIFICATE----------END CERTIFICATE-----";

/// Reads the certificates the defaults of a file name.
pub(super) fn fill_in(loader: &mut Loader, suite: &mut Node, folder: &Path) {
    let Some(defaults) = child(suite, "defaults") else { return };
    if let Some(ca) = child(defaults, "ca") {
        fill_in_file(loader, ca, folder, "defaults.ca");
    }
    if let Some(certificate) = child(defaults, "client_certificate").and_then(|client| child(client, "certificate")) {
        fill_in_file(loader, certificate, folder, "defaults.client_certificate.certificate");
    }
}

/// Leaves a mapping that names anything but a file for the reader of suites to reject.
fn fill_in_file(loader: &mut Loader, node: &mut Node, folder: &Path, path: &str) {
    let Kind::Mapping(entries) = &node.kind else { return };
    let [file] = entries.as_slice() else { return };
    let Kind::Scalar(Value::String(name)) = &file.value.kind else { return };
    if file.key != "file" {
        return;
    }
    let text = loader.read(&folder.join(name)).unwrap_or_else(|message| {
        loader.problem(path, file.value.position, message, Some(LOOKED_UP));
        GOOD.to_owned()
    });
    node.kind = Kind::Scalar(Value::String(text));
}
