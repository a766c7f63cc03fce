//! How much is read into memory at a time: the tree of a page can be a hundred times as large as the page.

use tokio::sync::{Semaphore, SemaphorePermit};

/// What is counted, in bytes of bodies.
const UNIT: usize = 64 * 1024;
/// Most units that are judged at the same time in a process. A page of more takes all of them.
const UNITS: u32 = 32;
/// Of these there may be any number.
const SMALL: usize = 4 * UNIT;

static ROOM: Semaphore = Semaphore::const_new(UNITS as usize);

/// Room for a page, for as long as it is kept. Large pages wait for one another here; it is not charged to them.
pub async fn take(bytes: usize) -> Option<SemaphorePermit<'static>> {
    if bytes <= SMALL {
        return None;
    }
    let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(UNITS).min(UNITS);
    // The semaphore is never closed.
    ROOM.acquire_many(units).await.ok()
}
