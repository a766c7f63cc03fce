//! Lists packed into items: JSON, gzip, in as many parts as the size of an item requires.

use crate::error::{Error, Result};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{Read, Write};

/// Most bytes of a packed list in one item, which has at most 400 KB with its keys.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items>
pub(super) const PACKED_BYTES: usize = 380 * 1024;

/// Most bytes of JSON in one part: however small it is packed, its reader holds all of it.
const JSON_BYTES: usize = 4 * 1024 * 1024;

/// Most bytes that an item is unpacked to: ten thousand tests with the longest names, each byte escaped, as the version
/// before packed them.
const UNPACKED_BYTES: u64 = 20 * 1024 * 1024;

/// A part of a list, packed.
pub(super) struct Part {
    /// The place of its first element in the list
    pub first: usize,
    /// The packed elements
    pub packed: Vec<u8>,
}

/// Packs a list, halved until each part fits into an item and into the memory of its reader. `what` names the list in
/// errors.
pub(super) fn pack<T: Serialize>(what: &'static str, list: &[T]) -> Result<Vec<Part>> {
    pack_from(what, list, 0)
}

fn pack_from<T: Serialize>(what: &'static str, list: &[T], first: usize) -> Result<Vec<Part>> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let json = serde_json::to_vec(list).map_err(|error| Error::unreadable(what, error))?;
    if json.len() <= JSON_BYTES || list.len() == 1 {
        let packed = compress(&json).map_err(|error| Error::unreadable(what, error))?;
        if packed.len() <= PACKED_BYTES || list.len() == 1 {
            return Ok(vec![Part { first, packed }]);
        }
    }
    let (start, end) = list.split_at(list.len() / 2);
    let mut parts = pack_from(what, start, first)?;
    parts.extend(pack_from(what, end, first + start.len())?);
    Ok(parts)
}

fn compress(json: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(json)?;
    packed.finish()
}

/// Unpacks a part of a list. `what` names the list in errors.
pub(super) fn unpack<T: DeserializeOwned>(what: &'static str, packed: &[u8]) -> Result<Vec<T>> {
    let mut json = Vec::new();
    let read = GzDecoder::new(packed).take(UNPACKED_BYTES).read_to_end(&mut json);
    read.map_err(|error| Error::unreadable(what, error))?;
    serde_json::from_slice(&json).map_err(|error| Error::unreadable(what, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_no_item_holds_is_in_several_and_nothing_is_lost() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut name = || -> String { std::iter::repeat_with(|| random.alphanumeric()).take(250).collect() };
        let names: Vec<String> = (0..4_000).map(|_| name()).collect();
        let parts = pack("names", &names).expect("parts");
        assert!(parts.len() > 1, "{} parts", parts.len());
        assert!(parts.iter().all(|part| part.packed.len() <= PACKED_BYTES), "each fits into an item");
        for part in &parts {
            let unpacked: Vec<String> = unpack("names", &part.packed).expect("a part");
            assert_eq!(unpacked, names[part.first..part.first + unpacked.len()]);
        }
        let unpacked = parts.iter().flat_map(|part| unpack::<String>("names", &part.packed).expect("a part"));
        assert_eq!(unpacked.collect::<Vec<_>>(), names);
    }

    #[test]
    fn a_list_that_packs_well_is_still_in_parts_that_can_be_read() {
        let values = vec!["x".repeat(1024 * 1024); 30];
        let parts = pack("values", &values).expect("parts");
        assert!(parts.len() >= 30 / 4, "{} parts", parts.len());
        let unpacked = parts.iter().flat_map(|part| unpack::<String>("values", &part.packed).expect("a part"));
        assert_eq!(unpacked.count(), 30);
    }

    #[test]
    fn an_empty_list_has_no_parts() {
        assert!(pack::<String>("names", &[]).expect("parts").is_empty());
    }
}
