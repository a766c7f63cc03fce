//! Fills in a suite's network settings and makes sure they can be used.
//!
//! No message quotes the setting it is about: an address may contain a password, and a PEM text a private key.

use super::fetch::{FetchError, Network, Pem, Proxy};
use super::request::text;
use super::scope::Scope;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::BTreeMap;
use std::sync::Arc;
use stepcast_suite::network::{self as settings, ClientCertificate, check_proxy};
use stepcast_suite::template::{self, Lookup};
use x509_parser::parse_x509_certificate;

/// Fills in the network settings of a suite with these variables.
pub fn fill_in(settings: &settings::Network, scope: &Scope) -> Result<Network, FetchError> {
    let proxy = settings.proxy.as_ref().map(|proxy| fill_in_proxy(proxy, scope)).transpose()?.flatten();
    let authorities = settings.ca.as_ref().map(|ca| certificates("ca", &text(ca, scope)?)).transpose()?;
    let identity = settings.client_certificate.as_ref().map(|client| fill_in_identity(client, scope)).transpose()?;
    if identity.is_some() && proxy.as_ref().is_some_and(|proxy| proxy.url.scheme() == "https") {
        return Err(invalid(settings::SHOWN_TO_PROXY));
    }
    let pem = |text| Arc::new(Pem::new(text));
    Ok(Network {
        proxy: proxy.map(Arc::new),
        authorities: authorities.map(pem),
        identity: identity.map(pem),
        insecure: settings.insecure,
    })
}

/// The values that must be hidden.
pub fn credentials(network: &Network) -> Vec<String> {
    network.proxy.as_ref().map(|proxy| proxy.credentials()).unwrap_or_default()
}

/// Returns no proxy if the filled-in address is empty.
fn fill_in_proxy(address: &str, scope: &Scope) -> Result<Option<Proxy>, FetchError> {
    let address = match split_user(address) {
        Some((scheme, user, host)) => {
            format!("{}{}@{}", text(scheme, scope)?, encoded(user, scope)?, text(host, scope)?)
        }
        None => text(address, scope)?,
    };
    let address = address.trim();
    if address.is_empty() {
        return Ok(None);
    }
    let url = check_proxy(address).map_err(|message| invalid(&format!("`proxy`: {message}")))?;
    Ok(Some(Proxy::new(url)))
}

/// Splits an address into the parts before, in and after its user and password.
fn split_user(address: &str) -> Option<(&str, &str, &str)> {
    let (before, host) = address.rsplit_once('@')?;
    let at = before.find("://")? + "://".len();
    let (scheme, user) = before.split_at(at);
    Some((scheme, user, host))
}

/// Fills in a user and a password. The values are percent-encoded, because some characters would end them in an
/// address.
fn encoded(template: &str, scope: &Scope) -> Result<String, FetchError> {
    let names = template::names(template).into_iter();
    let values: BTreeMap<String, String> = names
        .filter_map(|name| {
            Some((name.to_owned(), utf8_percent_encode(scope.lookup(name)?, NON_ALPHANUMERIC).to_string()))
        })
        .collect();
    template::render(template, &values).map_err(|error| invalid(&error.to_string()))
}

fn fill_in_identity(client: &ClientCertificate, scope: &Scope) -> Result<String, FetchError> {
    let certificates = certificates("client_certificate.certificate", &text(&client.certificate, scope)?)?;
    let key = text(&client.key, scope)?;
    if PrivateKeyDer::from_pem_slice(key.as_bytes()).is_err() {
        return Err(invalid(
            "the `key` of `client_certificate` contains no readable private key: it must be PEM, and not encrypted",
        ));
    }
    Ok(format!("{certificates}\n{key}"))
}

/// Checks that a PEM text holds certificates.
fn certificates(key: &str, text: &str) -> Result<String, FetchError> {
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        count += 1;
        if !certificate.is_ok_and(|der| parse_x509_certificate(&der).is_ok()) {
            return Err(invalid(&format!("certificate {count} of `{key}` cannot be read")));
        }
    }
    if count == 0 {
        return Err(invalid(&format!("`{key}` contains no certificate in PEM once it is filled in")));
    }
    Ok(text.to_owned())
}

fn invalid(message: &str) -> FetchError {
    FetchError::InvalidRequest(message.to_owned())
}
