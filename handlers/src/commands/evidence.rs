//! `evidence`: what a test sent and received, in pages of less than one message.
//!
//! What changed since the test last passed comes first, then the requests with their answers, then the bodies and
//! certificates that they name, in parts. The cursor says which of them the next page begins with, so nothing is remembered
//! between pages.

use super::watch::check_test;
use crate::reply::{Caller, Failure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::str::FromStr;
use stepcast_platform::table::JobRecord;
use stepcast_platform::{Error, EvidenceStore};
use stepcast_protocol::command::EvidenceQuery;
use stepcast_protocol::difference::StepDifferences;
use stepcast_protocol::exchange::{AttemptEvidence, ContentPart, EvidencePage, Exchange, StepEvidence, StepExchanges};
use stepcast_protocol::state::StepState;
use stepcast_protocol::{ErrorCode, Event, EventBody};

/// Most bytes of a page, which leaves room in a message for its envelope.
const PAGE_BYTES: usize = 96 * 1024;

pub(super) async fn evidence(caller: &Caller<'_>, query: &EvidenceQuery) -> Result<(), Failure> {
    let platform = caller.platform;
    let store = platform.evidence.as_ref();
    let store = store.ok_or_else(|| missing("this deployment keeps nothing of what tests send and receive"))?;
    let cursor = query.cursor.as_deref().map_or(Ok(Place::Start), str::parse);
    let cursor = cursor.map_err(|()| Failure::bad_request("`cursor` has to be the one of the page before"))?;
    let record = platform.table.job(&query.job).await?.ok_or_else(|| Failure::no_job(&query.job))?;
    check_test(&record, query.test)?;
    let (attempt, id) = find(caller, &record, query).await?;
    let kept = store.get(&id).await?.ok_or_else(|| missing("it was kept, and is not any more"))?;
    let kept: AttemptEvidence = serde_json::from_slice(&kept).map_err(|error| Error::unreadable("evidence", error))?;
    let is_wanted = |step: u32| query.step.is_none_or(|wanted| wanted == step);
    let AttemptEvidence { mut steps, mut differences, .. } = kept;
    steps.retain(|step| is_wanted(step.step));
    differences.retain(|step| is_wanted(step.step));
    let page = EvidencePage {
        test: query.test,
        attempt,
        differences: Vec::new(),
        steps: Vec::new(),
        contents: Vec::new(),
        cursor: None,
    };
    let page = Writer { store, steps, differences, page, bytes: 0 }.write(cursor).await?;
    let page = Event::new(EventBody::Evidence(page), platform.clock.now_text());
    Ok(caller.send(vec![Event { job: Some(record.job.into()), ..page }]).await?)
}

/// The attempt that is asked for, and the id of its record.
async fn find(caller: &Caller<'_>, record: &JobRecord, query: &EvidenceQuery) -> Result<(u32, String), Failure> {
    let EvidenceQuery { test, step, attempt, .. } = query;
    let Some(batch) = record.batch_of(*test) else { return Err(missing("the job has not run it yet")) };
    let ended = caller.platform.table.ended_tests(&batch, BTreeMap::new()).await?;
    let ended = ended.into_iter().find(|ended| ended.test == *test);
    let state = ended.ok_or_else(|| missing("the test has not ended yet; it is stored when it ends"))?.state();
    let attempt = attempt.unwrap_or(state.attempt);
    let steps = if attempt == state.attempt {
        state.steps
    } else {
        let earlier = state.earlier.into_iter().find(|earlier| earlier.attempt == attempt);
        earlier.ok_or_else(|| missing(&format!("the test had no attempt {attempt} of which anything is known")))?.steps
    };
    let kept = steps.iter().filter(|state| step.is_none_or(|wanted| wanted == state.step));
    Ok((attempt, id_of(kept)?))
}

fn id_of<'s>(mut steps: impl Iterator<Item = &'s StepState> + Clone) -> Result<String, Failure> {
    let evidence = |step: &'s StepState| step.evidence.as_ref();
    let known: Vec<&StepEvidence> = steps.clone().filter_map(evidence).collect();
    if let Some(id) = known.iter().find_map(|kept| kept.id.clone()) {
        return Ok(id);
    }
    match known.iter().find_map(|kept| kept.problem.as_deref()) {
        Some(problem) => Err(missing(problem)),
        None if steps.next().is_none() => Err(missing("the test has no such step in this attempt")),
        None => Err(missing("nothing was kept of it: by default, attempts that did not pass are kept (`evidence`)")),
    }
}

fn missing(why: &str) -> Failure {
    Failure::new(ErrorCode::NotFound, why)
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the differences
    Start,
    /// At an exchange, counted through all steps
    Exchange(usize),
    /// In a content
    Content { number: usize, offset: usize },
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| text.parse::<u32>().map(|number| number as usize).map_err(|_| ());
        match text.split_once('-') {
            Some(("exchange", place)) => Ok(Self::Exchange(number(place)?)),
            Some(("content", place)) => {
                let (place, offset) = place.split_once('-').ok_or(())?;
                Ok(Self::Content { number: number(place)?, offset: number(offset)? })
            }
            _ => Err(()),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Start => f.write_str("start"),
            Self::Exchange(place) => write!(f, "exchange-{place}"),
            Self::Content { number, offset } => write!(f, "content-{number}-{offset}"),
        }
    }
}

/// Writes one page.
struct Writer<'a> {
    store: &'a EvidenceStore,
    steps: Vec<StepExchanges>,
    differences: Vec<StepDifferences>,
    page: EvidencePage,
    bytes: usize,
}

impl Writer<'_> {
    async fn write(mut self, from: Place) -> Result<EvidencePage, Failure> {
        let contents = contents_of(&self.steps);
        let mut place = from;
        if place == Place::Start {
            self.page.differences = std::mem::take(&mut self.differences);
            self.bytes = serde_json::to_vec(&self.page.differences).map_or(0, |json| json.len());
            place = Place::Exchange(0);
        }
        if let Place::Exchange(first) = place {
            match self.exchanges(first) {
                Some(next) => return Ok(self.ending_at(Place::Exchange(next))),
                None => place = Place::Content { number: 0, offset: 0 },
            }
        }
        while let Place::Content { number, offset } = place
            && let Some(sha256) = contents.get(number)
        {
            place = match self.content(sha256, offset).await? {
                Some(offset) => return Ok(self.ending_at(Place::Content { number, offset })),
                None => Place::Content { number: number + 1, offset: 0 },
            };
        }
        Ok(self.page)
    }

    fn ending_at(self, place: Place) -> EvidencePage {
        EvidencePage { cursor: Some(place.to_string()), ..self.page }
    }

    /// Adds the exchanges from this one on, as far as they fit. Returns the first that does not.
    fn exchanges(&mut self, first: usize) -> Option<usize> {
        let mut number = 0;
        for StepExchanges { step, name, exchanges } in std::mem::take(&mut self.steps) {
            for exchange in exchanges {
                if number >= first {
                    let bytes = serde_json::to_vec(&exchange).map_or(0, |json| json.len());
                    if self.bytes > 0 && self.bytes + bytes > PAGE_BYTES {
                        return Some(number);
                    }
                    self.bytes += bytes;
                    self.add(step, &name, exchange);
                }
                number += 1;
            }
        }
        None
    }

    fn add(&mut self, step: u32, name: &str, exchange: Exchange) {
        match self.page.steps.last_mut().filter(|last| last.step == step) {
            Some(last) => last.exchanges.push(exchange),
            None => self.page.steps.push(StepExchanges { step, name: name.to_owned(), exchanges: vec![exchange] }),
        }
    }

    /// Adds a content from this byte on, as far as it fits. Returns where the rest begins. A content that is not there
    /// any more is left out.
    async fn content(&mut self, sha256: &str, offset: usize) -> Result<Option<usize>, Failure> {
        // Base64 takes four bytes for three.
        let room = PAGE_BYTES.saturating_sub(self.bytes) / 4 * 3;
        if room == 0 {
            return Ok(Some(offset));
        }
        let Some(content) = self.store.get(sha256).await? else { return Ok(None) };
        let end = content.len().min(offset.saturating_add(room));
        let Some(part) = content.get(offset..end) else { return Ok(None) };
        self.bytes += part.len().div_ceil(3) * 4 + sha256.len();
        self.page.contents.push(ContentPart {
            sha256: sha256.to_owned(),
            offset: offset as u64,
            bytes: content.len() as u64,
            base64: STANDARD.encode(part),
        });
        Ok((end < content.len()).then_some(end))
    }
}

/// The contents that exchanges name, each once: the bodies of answers first, because most people want these.
fn contents_of(steps: &[StepExchanges]) -> Vec<String> {
    let exchanges = || steps.iter().flat_map(|step| &step.exchanges);
    let answers = || exchanges().filter_map(|exchange| exchange.answer.as_ref());
    let answer_bodies = answers().filter_map(|answer| answer.body.as_ref()?.sha256.as_ref());
    let request_bodies = exchanges().filter_map(|exchange| exchange.request.body.as_ref()?.sha256.as_ref());
    let certificates = answers().filter_map(|answer| answer.certificate.as_ref());
    let mut contents: Vec<String> = Vec::new();
    for sha256 in answer_bodies.chain(request_bodies).chain(certificates) {
        if !contents.contains(sha256) {
            contents.push(sha256.clone());
        }
    }
    contents
}
