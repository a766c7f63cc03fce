//! Finds the word that an unknown word most likely means.

use super::quote::shorten;

/// Longer words are not compared, in bytes.
const LONGEST: usize = 64;
/// Most words a message lists.
const MOST_LISTED: usize = 60;

/// Words of other tools and older versions, each with what it is called here.
const OTHER_WORDS: [(&str, &str); 40] = [
    ("assert", "expect"),
    ("assertions", "expect"),
    ("asserts", "expect"),
    ("attribute", "attr"),
    ("body", "text"),
    ("captures", "capture"),
    ("certificate", "cert"),
    ("code", "status"),
    ("duration", "time"),
    ("eq", "equals"),
    ("greater_than", "above"),
    ("gt", "above"),
    ("gte", "at_least"),
    ("includes", "contains"),
    ("is", "equals"),
    ("jsonpath", "json"),
    ("json_path", "json"),
    ("latency", "time"),
    ("length", "count"),
    ("less_than", "below"),
    ("lowercase", "lower"),
    ("lt", "below"),
    ("lte", "at_most"),
    ("max", "at_most"),
    ("min", "at_least"),
    ("multi_part", "multipart"),
    ("pattern", "matches"),
    ("response_time", "time"),
    ("retry", "retries"),
    ("save", "capture"),
    ("selector", "css"),
    ("statuscode", "status"),
    ("status_code", "status"),
    ("uppercase", "upper"),
    ("uri", "url"),
    ("url", "get"),
    ("user_agents", "user_agent"),
    ("variables", "vars"),
    ("verify", "expect"),
    ("xml", "xpath"),
];

/// The known word with almost the same spelling, or with the same meaning.
pub(super) fn suggest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = word.to_lowercase().replace('-', "_");
    closest(&plain, known).or_else(|| {
        let (_, here) = OTHER_WORDS.iter().find(|(other, _)| *other == plain)?;
        known.iter().copied().find(|candidate| candidate == here)
    })
}

/// The hint that suggests that word.
pub(super) fn suggestion(word: &str, known: &[&str]) -> Option<String> {
    suggest(word, known).map(|near| format!("did you mean `{near}`?"))
}

/// Words as a message lists them; of many, the first.
pub(super) fn listed(words: &[&str]) -> String {
    let shown = words.iter().take(MOST_LISTED).map(|word| shorten(word)).collect::<Vec<_>>().join(", ");
    if words.len() > MOST_LISTED { format!("{shown}, …") } else { shown }
}

/// The known word with almost the same spelling. Comparing takes time quadratic in the length, so a text longer than
/// any word matches none.
pub fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    known
        .iter()
        .filter(|candidate| candidate.len().abs_diff(word.len()) <= LONGEST / 3)
        .map(|candidate| (strsim::osa_distance(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance < candidate.len() && *distance <= (candidate.len() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}
