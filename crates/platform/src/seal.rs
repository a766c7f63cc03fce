//! Encrypts secrets between client and worker: AES-256-GCM under a key derived from the deployment's secret.
//!
//! The job's id is authenticated along with the text, so what was sealed for one job opens for no other. The nonce is
//! random: 96 bits are enough for far more jobs than a deployment runs (NIST SP 800-38D, section 8.3).

use crate::secret::Secret;
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use std::fmt;
use std::sync::Arc;
use stepcast_protocol::id::JobId;

/// Seals and opens secrets.
#[derive(Clone)]
pub struct Sealer(Arc<[u8; 32]>);

/// The sealed secrets are of another key or another job, or were changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed secrets cannot be opened with this deployment's key")]
pub struct CannotOpen;

struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl Sealer {
    /// Derives the key.
    pub fn new(secret: &Secret) -> Self {
        Self(Arc::new(derive_key(secret, b"stepcast seal v1")))
    }

    /// Seals `text` for `job`.
    pub fn seal(&self, job: &JobId, text: &str) -> Result<Vec<u8>, CannotOpen> {
        let mut sealed = text.as_bytes().to_vec();
        let nonce =
            self.key()?.seal_in_place_append_tag(Aad::from(job.as_str()), &mut sealed).map_err(|_| CannotOpen)?;
        let mut out = nonce.as_ref().to_vec();
        out.append(&mut sealed);
        Ok(out)
    }

    /// Opens what was sealed for `job`.
    pub fn open(&self, job: &JobId, sealed: &[u8]) -> Result<String, CannotOpen> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotOpen)?;
        let mut text = text.to_vec();
        let opened = self.key()?.open_in_place(nonce, Aad::from(job.as_str()), &mut text).map_err(|_| CannotOpen)?;
        String::from_utf8(opened.to_vec()).map_err(|_| CannotOpen)
    }

    fn key(&self) -> Result<RandomizedNonceKey, CannotOpen> {
        RandomizedNonceKey::new(&AES_256_GCM, self.0.as_ref()).map_err(|_| CannotOpen)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(***)")
    }
}

/// Derives a key for one purpose (HKDF, RFC 5869), so that a token's signature reveals nothing about the sealing key.
pub(crate) fn derive_key(secret: &Secret, purpose: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let source = Salt::new(HKDF_SHA256, b"stepcast").extract(secret.reveal().as_bytes());
    source
        .expand(&[purpose], KeyLength)
        .and_then(|expanded| expanded.fill(&mut key))
        .expect("32 bytes are within what HKDF-SHA256 gives");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(job: &str) -> JobId {
        job.parse().expect("an id")
    }

    fn sealer(secret: &str) -> Sealer {
        Sealer::new(&Secret::new(secret))
    }

    #[test]
    fn what_was_sealed_opens_for_its_job_only() {
        let sealed = sealer("s").seal(&id("job-1"), "hunter2").expect("sealed");
        assert_eq!(sealer("s").open(&id("job-1"), &sealed).as_deref(), Ok("hunter2"));
        assert_eq!(sealer("s").open(&id("job-2"), &sealed), Err(CannotOpen));
        assert_eq!(sealer("t").open(&id("job-1"), &sealed), Err(CannotOpen));
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let mut sealed = sealer("s").seal(&id("job-1"), "hunter2").expect("sealed");
        let last = sealed.len() - 1;
        sealed[last] ^= 1;
        assert_eq!(sealer("s").open(&id("job-1"), &sealed), Err(CannotOpen));
        assert_eq!(sealer("s").open(&id("job-1"), b"short"), Err(CannotOpen));
    }
}
