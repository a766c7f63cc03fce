//! The certificate of a listener. It is read again when its files change, because certificates are renewed every few weeks
//! by programs that know nothing of this one.

use anyhow::{Context, bail};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// A certificate with those it depends on, and its private key, in two files in PEM.
#[derive(Debug)]
pub struct CertificateFiles {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    read: Arc<CertifiedKey>,
    /// What the files were when they were last read, or could not be
    files: [Option<Version>; 2],
}

/// When a file was written, and its size.
type Version = (SystemTime, u64);

impl CertificateFiles {
    /// Reads the files.
    pub fn read(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let files = [certificate, key].map(version);
        let current = Mutex::new(Current { read: Arc::new(read(certificate, key)?), files });
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), current })
    }

    /// The certificate as it is now. While the files do not fit together, because one of them was written and the other
    /// was not yet, it is the one before.
    fn current(&self) -> Arc<CertifiedKey> {
        let files = [&self.certificate, &self.key].map(|path| version(path));
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.files != files {
            current.files = files;
            match read(&self.certificate, &self.key) {
                Ok(renewed) => current.read = Arc::new(renewed),
                Err(error) => tracing::warn!(
                    "The certificate changed and cannot be used; connections get the one before: {error:#}"
                ),
            }
        }
        Arc::clone(&current.read)
    }
}

impl ResolvesServerCert for CertificateFiles {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn version(path: &Path) -> Option<Version> {
    let file = path.metadata().ok()?;
    Some((file.modified().ok()?, file.len()))
}

fn read(certificate: &Path, key: &Path) -> anyhow::Result<CertifiedKey> {
    let problem = || format!("the certificate `{}` cannot be read", certificate.display());
    let chain = CertificateDer::pem_file_iter(certificate).with_context(problem)?;
    let chain: Vec<_> = chain.collect::<Result<_, _>>().with_context(problem)?;
    if chain.is_empty() {
        bail!("`{}` contains no certificate in PEM", certificate.display());
    }
    let private = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("`{}` contains no readable private key in PEM", key.display()))?;
    CertifiedKey::from_der(chain, private, &aws_lc_rs::default_provider()).with_context(|| {
        format!("the key `{}` does not belong to the certificate `{}`", key.display(), certificate.display())
    })
}
