//! Turns the requests of an attempt into the objects that are stored.

use super::HeldAttempt;
use stepcast_engine::Bodies;
use stepcast_protocol::difference::StepDifferences;
use stepcast_protocol::exchange::{AttemptEvidence, Exchange, HeaderField, StepExchanges, StepLinks};

/// Most bytes of each body that are kept.
pub(crate) const BODY_BYTES: usize = 1024 * 1024;
/// Longest address, method and value of a header that is kept, in bytes.
const TEXT_BYTES: usize = 4 * 1024;
/// Most bytes of headers that are kept of a request and of an answer. JSON writes some characters with two bytes, and one
/// exchange has to fit into a message.
const ALL_HEADER_BYTES: usize = 16 * 1024;
/// Most bytes of differences that are kept of an attempt, as JSON. They come in one message.
const DIFFERENCE_BYTES: usize = 48 * 1024;

/// The record of an attempt, and the contents that it names. Secrets are hidden, which takes many times the memory of a
/// body.
pub(super) fn record(held: &HeldAttempt) -> (AttemptEvidence, Bodies) {
    let (mut record, mut bodies) = (AttemptEvidence::default(), Bodies::new());
    for step in &held.steps {
        let evidence = step.requests.evidence(BODY_BYTES);
        let exchanges = evidence.exchanges.into_iter().map(bounded).collect();
        record.steps.push(StepExchanges { step: step.step, name: step.name.clone(), exchanges });
        if !evidence.links.is_empty() {
            record.links.push(StepLinks { step: step.step, links: evidence.links });
        }
        bodies.extend(evidence.bodies);
    }
    (record, bodies)
}

/// Leaves out the least telling differences that do not fit into a message.
pub(super) fn fit(differences: &mut [StepDifferences]) {
    let size = |differences: &[StepDifferences]| serde_json::to_vec(differences).map_or(0, |json| json.len());
    while size(differences) > DIFFERENCE_BYTES
        && let Some(longest) = differences.iter_mut().max_by_key(|step| step.differences.len())
        && !longest.differences.is_empty()
    {
        let kept = longest.differences.len() / 2;
        let dropped = longest.differences.split_off(kept);
        let telling = dropped.iter().filter(|difference| !difference.is_noise).count();
        longest.left_out += u32::try_from(telling).unwrap_or(u32::MAX);
    }
}

/// An exchange that fits into a message.
fn bounded(mut exchange: Exchange) -> Exchange {
    shorten(&mut exchange.request.method);
    shorten(&mut exchange.request.url);
    let answer = exchange.answer.as_mut().map(|answer| &mut answer.headers);
    for headers in [Some(&mut exchange.request.headers), answer].into_iter().flatten() {
        let mut bytes = 0;
        for field in headers.iter_mut() {
            shorten(&mut field.value);
        }
        headers.retain(|HeaderField { name, value }| {
            bytes += name.len() + value.len();
            bytes <= ALL_HEADER_BYTES
        });
    }
    exchange
}

fn shorten(text: &mut String) {
    if text.len() > TEXT_BYTES {
        let start = &text[..text.floor_char_boundary(TEXT_BYTES)];
        *text = format!("{start}… ({} bytes)", text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_protocol::difference::{Difference, DifferenceKind};
    use stepcast_protocol::exchange::{Answer, ExchangeTimes, SentRequest};
    use stepcast_protocol::limits::MESSAGE_BYTES;

    #[test]
    fn the_largest_exchange_fits_into_a_message() {
        let long = || "\"".repeat(1_000_000);
        let headers = || -> Vec<HeaderField> {
            let many = (0..256).map(|number| HeaderField { name: format!("x-{number}"), value: "\"".repeat(300) });
            many.chain([HeaderField { name: "x".to_owned(), value: long() }]).collect()
        };
        let exchange = bounded(Exchange {
            at: "2026-11-29T14:10:18.394Z".to_owned(),
            request: SentRequest { method: long(), url: long(), headers: headers(), body: None },
            answer: Some(Answer {
                status: 200,
                version: "HTTP/1.1".to_owned(),
                headers: headers(),
                body: None,
                certificate: None,
            }),
            failure: None,
            remote: None,
            times: ExchangeTimes::default(),
            is_link: false,
        });
        let bytes = serde_json::to_vec(&exchange).expect("JSON").len();
        assert!(bytes < MESSAGE_BYTES - 4 * 1024, "{bytes}");
        assert!(exchange.request.url.ends_with("… (1000000 bytes)"), "{}", exchange.request.url);
    }

    #[test]
    fn the_most_and_longest_differences_fit_into_a_message() {
        let long = "\u{1f600}".repeat(300);
        let difference = Difference {
            kind: DifferenceKind::Element,
            place: long.clone(),
            before: Some(long.clone()),
            after: Some(long.clone()),
            text: long,
            places: 1,
            is_near: false,
            is_noise: false,
        };
        let (job, at) = ("0190b2a0-0000-7000-8000-000000000000".to_owned(), "2026-11-29T14:10:18.394Z".to_owned());
        let step = StepDifferences { step: 0, job, at, differences: vec![difference; 100], left_out: 1 };
        let mut all = vec![step.clone(), StepDifferences { step: 1, ..step }];
        fit(&mut all);
        let bytes = serde_json::to_vec(&all).expect("JSON").len();
        assert!(bytes <= DIFFERENCE_BYTES && bytes > DIFFERENCE_BYTES / 4, "{bytes}");
        let told = |step: &StepDifferences| step.differences.len() + step.left_out as usize;
        assert_eq!(all.iter().map(told).collect::<Vec<_>>(), [101, 101]);
    }
}
