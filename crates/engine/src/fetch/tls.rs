//! Explains why a secure connection failed, in plain words.

use rustls::{AlertDescription, CertificateError, Error};

/// The reason, without the numbers and type names of the TLS library.
pub fn reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate_reason(error),
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server asks for a client certificate".into()
        }
        Error::AlertReceived(alert) if is_about_client(*alert) => {
            format!("the server did not accept the client certificate ({alert:?})")
        }
        Error::AlertReceived(alert) => format!("the server ended the handshake with {alert:?}"),
        Error::InvalidMessage(_) => "the server does not speak TLS on this port".into(),
        Error::PeerIncompatible(_) => "the server offers no secure protocol version or cipher".into(),
        other => other.to_string(),
    }
}

/// How to fix it.
pub fn hint(error: &Error) -> &'static str {
    match error {
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "provide one with `client_certificate` in `defaults`, and name the server in the step: after a redirect to \
             another origin, Stepcast sends no client certificate"
        }
        // Many servers before TLS 1.3 answer a client without a certificate this way.
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the server may require a client certificate (`client_certificate` in `defaults`), or offer no secure \
             cipher"
        }
        Error::AlertReceived(alert) if is_about_client(*alert) => {
            "check `client_certificate` in `defaults`: whether it has expired, and whether its issuer is trusted there"
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "configure the server to send the whole chain, or trust your own authority with `ca` in `defaults`"
        }
        _ => "check the server's certificate, its chain and its date, and that this port speaks TLS",
    }
}

/// Whether a server sends this alert only when it rejects the client's certificate.
fn is_about_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    )
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
            "the certificate's issuer is unknown; an intermediate certificate may be missing".into()
        }
        CertificateError::Revoked => "the certificate has been revoked".into(),
        other => format!("the certificate is not valid: {other}"),
    }
}
