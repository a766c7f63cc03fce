//! What somebody most likely meant by a word that is not known.

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

/// The known word that is spelt almost like this one, or says the same in other words.
pub(super) fn suggest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = word.to_lowercase().replace('-', "_");
    closest(&plain, known).or_else(|| {
        let (_, here) = OTHER_WORDS.iter().find(|(other, _)| *other == plain)?;
        known.iter().copied().find(|candidate| candidate == here)
    })
}

/// The hint that says so.
pub(super) fn suggestion(word: &str, known: &[&str]) -> Option<String> {
    suggest(word, known).map(|near| format!("did you mean `{near}`?"))
}

/// The known word that is spelt almost like this one.
pub fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance < candidate.len() && *distance <= (candidate.len() / 3).max(1))
        .min()
        .map(|(_, candidate)| candidate)
}
