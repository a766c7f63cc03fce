//! Reads a server's certificate. The TLS library has already decided whether it can be trusted.
//!
//! Only the bytes of a certificate are kept, at most 64 KiB in a TLS handshake. They are parsed again each time a field
//! is read.

use super::digest;
use jiff::Timestamp;
use std::net::IpAddr;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2abbrev};
use x509_parser::parse_x509_certificate;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// A certificate that was read.
pub struct Certificate<'d> {
    der: &'d [u8],
    parsed: X509Certificate<'d>,
}

/// Bytes that are not a certificate.
#[derive(Debug, thiserror::Error)]
#[error("the certificate cannot be read")]
pub struct UnreadableCertificate;

impl<'d> Certificate<'d> {
    /// Reads a certificate in DER.
    pub fn read(der: &'d [u8]) -> Result<Self, UnreadableCertificate> {
        match parse_x509_certificate(der) {
            Ok((_, parsed)) => Ok(Self { der, parsed }),
            Err(_) => Err(UnreadableCertificate),
        }
    }

    /// Whole days from `now` until it expires, negative afterwards.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        (self.expires_second() - now.as_second()).div_euclid(DAY_SECONDS)
    }

    /// When it expires, in ISO 8601.
    pub fn expires(&self) -> Option<String> {
        Timestamp::from_second(self.expires_second()).ok().map(|time| time.to_string())
    }

    /// The issuer.
    pub fn issuer(&self) -> String {
        distinguished_name(self.parsed.issuer())
    }

    /// The subject.
    pub fn subject(&self) -> String {
        distinguished_name(self.parsed.subject())
    }

    /// The host names and addresses it is for.
    pub fn names(&self) -> Vec<String> {
        let extension = self.parsed.subject_alternative_name().ok().flatten();
        let names = extension.iter().flat_map(|extension| &extension.value.general_names);
        names.filter_map(host).collect()
    }

    /// The SHA-256 of the whole certificate, in hexadecimal.
    pub fn sha256(&self) -> String {
        digest::sha256(self.der)
    }

    fn expires_second(&self) -> i64 {
        self.parsed.validity().not_after.timestamp()
    }
}

fn host(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let of_four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    of_four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// A name like `CN=shop.example,O=Shop`, with a space after each comma. RFC 4514 begins with the last part.
fn distinguished_name(name: &X509Name) -> String {
    let mut parts: Vec<String> =
        name.iter().map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    parts.reverse();
    parts.join(", ")
}

fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let kind = attribute.attr_type();
    let kind = oid2abbrev(kind, oid_registry()).map_or_else(|_| kind.to_id_string(), str::to_owned);
    match attribute.as_str() {
        Ok(value) => format!("{kind}={}", escape(value)),
        Err(_) => format!("{kind}=#{}", digest::hexadecimal(attribute.as_slice())),
    }
}

/// Escapes with a backslash the characters that would end a value (RFC 4514, section 2.4).
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DnType, KeyPair};
    use time::OffsetDateTime;

    fn der(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params =
            CertificateParams::new(vec!["shop.example".into(), "192.0.2.1".into(), "::1".into()]).expect("names");
        change(&mut params);
        params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").der().to_vec()
    }

    fn second(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(second).expect("a date")
    }

    #[test]
    fn days_are_whole_ones_towards_the_past() {
        let der = der(|params| params.not_after = second(10 * DAY_SECONDS));
        let certificate = Certificate::read(&der).expect("a certificate");
        let left = |now| certificate.days_left(Timestamp::from_second(now).expect("a date"));
        assert_eq!([0, 1, 9 * DAY_SECONDS + 1, 10 * DAY_SECONDS, 10 * DAY_SECONDS + 1].map(left), [10, 9, 0, 0, -1]);
        assert_eq!(certificate.expires().as_deref(), Some("1970-01-11T00:00:00Z"));
    }

    #[test]
    fn names_are_told() {
        let der = der(|params| {
            params.distinguished_name.push(DnType::OrganizationName, "Shop, Inc. <b>");
            params.distinguished_name.push(DnType::CommonName, "shop.example");
            params.distinguished_name.push(DnType::CustomDnType(vec![1, 2, 3, 4]), "x");
        });
        let certificate = Certificate::read(&der).expect("a certificate");
        assert_eq!(certificate.subject(), r"1.2.3.4=x, O=Shop\, Inc. \<b\>, CN=shop.example");
        assert_eq!(certificate.names(), ["shop.example", "192.0.2.1", "::1"]);
    }

    #[test]
    fn a_certificate_of_many_names_is_read() {
        let names: Vec<String> = (0..10_000).map(|n| format!("n{n}.example")).collect();
        let der =
            der(|params| params.subject_alt_names = CertificateParams::new(names).expect("names").subject_alt_names);
        assert_eq!(Certificate::read(&der).expect("a certificate").names().len(), 10_000);
    }

    /// Tries every date that a certificate can encode, including some that are not a day.
    #[test]
    fn absurd_dates_do_no_harm() {
        let der = der(|params| params.not_after = second(253_402_300_799));
        let at = der.windows(15).position(|bytes| bytes == b"99991231235959Z").expect("the date");
        for date in ["99991231235959Z", "00000101000000Z", "20251332000000Z", "99999999999999Z", "-0010101000000Z"] {
            let mut der = der.clone();
            der[at..at + 15].copy_from_slice(date.as_bytes());
            if let Ok(certificate) = Certificate::read(&der) {
                let _ = (
                    certificate.days_left(Timestamp::MAX),
                    certificate.days_left(Timestamp::MIN),
                    certificate.expires(),
                );
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(garbage: Vec<u8>, at: proptest::sample::Index, byte: u8) {
            let _ = Certificate::read(&garbage);
            let mut broken = der(|_| ());
            let at = at.index(broken.len());
            broken[at] = byte;
            if let Ok(certificate) = Certificate::read(&broken) {
                let _ = (certificate.subject(), certificate.issuer(), certificate.names(), certificate.expires());
                let _ = (certificate.days_left(Timestamp::MAX), certificate.days_left(Timestamp::MIN));
            }
        }
    }
}
