//! Limits how much is read into memory at a time: the tree of a page can be a hundred times as large as the page.

use tokio::sync::{Semaphore, SemaphorePermit};

/// The unit of counting, in bytes of bodies.
const UNIT: usize = 64 * 1024;
/// Most units that a process judges at the same time. A larger page takes all of them.
const UNITS: u32 = 32;
/// Smaller pages are not counted.
const SMALL: usize = 4 * UNIT;

static MEMORY: Semaphore = Semaphore::const_new(UNITS as usize);

/// Reserves memory for a page until the permit is dropped. Large pages wait for one another here; the
/// wait is not charged to them.
pub async fn reserve(bytes: usize) -> Option<SemaphorePermit<'static>> {
    if bytes <= SMALL {
        return None;
    }
    let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(UNITS).min(UNITS);
    // The semaphore is never closed.
    MEMORY.acquire_many(units).await.ok()
}
