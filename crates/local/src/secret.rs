//! The deployment's secret of one machine: made on the first start, readable by its owner only.

use aws_lc_rs::rand;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use stepcast_platform::secret::Secret;

/// Reads the secret of a data directory.
pub fn read(data_dir: &Path) -> io::Result<Secret> {
    Ok(Secret::new(std::fs::read_to_string(path(data_dir))?.trim()))
}

/// Reads the secret of a data directory, or creates it.
pub fn read_or_create(data_dir: &Path) -> io::Result<Secret> {
    match read(data_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(data_dir),
        read => read,
    }
}

/// Returns a text that cannot be guessed: 256 random bits.
pub fn random_text() -> io::Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).map_err(|_| io::Error::other("the operating system cannot provide random numbers"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn create(data_dir: &Path) -> io::Result<Secret> {
    let text = random_text()?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path(data_dir))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(Secret::new(text))
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("secret")
}
