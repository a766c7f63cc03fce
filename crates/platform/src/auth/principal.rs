//! The names of principals. A principal is an issuer and a subject together: what two issuers call by the same `sub` are two
//! principals, and neither is one of the deployment's own.
//!
//! A principal is one text wherever it is stored or shown, so the text has to say both:
//!
//! | who | text |
//! | --- | --- |
//! | a subject of an OIDC issuer | `ISSUER#SUB` |
//! | a subject of the deployment's own tokens | `SUB` |
//! | the same, if `SUB` begins with `https://`, `http://` or `local#` | `local#SUB` |
//!
//! No two principals have the same text. An issuer's address begins with `https://` or `http://` and has no `#`
//! ([`super::TrustedIssuers`] refuses others), so the first `#` of the first row ends the issuer, whatever the `sub` holds;
//! and no text of the other rows begins as an issuer's address does.

use stepcast_suite::plain;

/// Longest subject. The standard says 255 characters; issuers that let people put it together go beyond.
const SUBJECT_BYTES: usize = 512;

/// Whether a `sub` can be a principal's name: something, not too long, and with nothing hidden in it.
pub fn is_name(subject: &str) -> bool {
    (1..=SUBJECT_BYTES).contains(&subject.len()) && plain::hidden(subject).is_none()
}

/// What the text of an OIDC principal begins with.
pub(super) const ADDRESS_STARTS: [&str; 2] = ["https://", "http://"];

/// What stands between an issuer and a subject. An issuer cannot contain it: in an address it begins the fragment, which an
/// issuer must not have (OpenID Connect Discovery 1.0, section 3).
const SEPARATOR: char = '#';

/// The deployment itself as an issuer, for the subjects that could be read as those of another.
const LOCAL: &str = "local#";

/// A subject of an OIDC issuer.
pub(super) fn of_issuer(issuer: &str, subject: &str) -> String {
    format!("{issuer}{SEPARATOR}{subject}")
}

/// A subject of the deployment's own tokens.
pub(super) fn local(subject: &str) -> String {
    let is_ambiguous = ADDRESS_STARTS.iter().chain(&[LOCAL]).any(|start| subject.starts_with(start));
    if is_ambiguous { format!("{LOCAL}{subject}") } else { subject.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_plain_local_name_stays_as_it_is() {
        for name in ["admin", "ci", "share/01a2", "team#1", "repo:acme/shop:ref:refs/heads/main", ""] {
            assert_eq!(local(name), name);
        }
        assert_eq!(of_issuer("https://a.example", "admin"), "https://a.example#admin");
        assert_eq!(local("https://a.example#admin"), "local#https://a.example#admin");
        assert_eq!(local("local#https://a.example#admin"), "local#local#https://a.example#admin");
    }

    #[derive(Debug, Clone, PartialEq)]
    enum Who {
        Local(String),
        Of(String, String),
    }

    impl Who {
        fn text(&self) -> String {
            match self {
                Self::Local(subject) => local(subject),
                Self::Of(issuer, subject) => of_issuer(issuer, subject),
            }
        }
    }

    /// Texts made of the pieces that could confuse, so that collisions would be met.
    fn subject() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec!["https://", "http://", "a.example", "#", "local#", "admin", "/", "x"]);
        prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
    }

    fn who() -> impl Strategy<Value = Who> {
        let issuer =
            prop::sample::select(vec!["https://a.example", "https://a.example/x", "http://a.example", "https://x"]);
        prop_oneof![
            subject().prop_map(Who::Local),
            (issuer, subject()).prop_map(|(issuer, subject)| Who::Of(issuer.to_owned(), subject)),
        ]
    }

    proptest! {
        #[test]
        fn no_two_principals_have_the_same_text(one in who(), other in who()) {
            prop_assert_eq!(one.text() == other.text(), one == other, "{:?} and {:?}", one, other);
        }
    }
}
