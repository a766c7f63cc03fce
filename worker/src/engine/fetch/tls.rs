//! Why a secure connection did not come about, in a person's words.

use rustls::{CertificateError, Error};

/// What is wrong, without the numbers and type names of the TLS library.
pub fn reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_reason(error),
        Error::AlertReceived(alert) => format!("the server ended the handshake with {alert:?}"),
        Error::InvalidMessage(_) => "the server does not speak TLS on this port".into(),
        Error::PeerIncompatible(_) => "the server offers no protocol version or cipher that is still safe".into(),
        other => other.to_string(),
    }
}

fn certificate_reason(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the certificate has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate is not valid yet".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate is for another name".into()
        }
        CertificateError::UnknownIssuer => {
            "the certificate's issuer is not known; an intermediate may be missing".into()
        }
        CertificateError::Revoked => "the certificate has been revoked".into(),
        other => format!("the certificate is not valid: {other}"),
    }
}
