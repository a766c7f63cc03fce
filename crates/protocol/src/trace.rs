//! The trace of a job, by which its requests are found in the tracing of the site: W3C Trace Context.
//! <https://www.w3.org/TR/trace-context/>
//!
//! A job is a trace; the job, its tests and their steps are spans. All ids follow from the id of the job and the numbers
//! of its parts. So nothing has to be stored, and a test that another worker runs again has the same spans.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The id of a trace: 16 bytes, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

impl TraceId {
    /// The trace of a job: the bytes of its id. `None` if that is not a UUID, as no job has it.
    pub fn of_job(job: &str) -> Option<Self> {
        let id = Uuid::try_parse(job).ok()?.as_u128();
        (id != 0).then_some(Self(id))
    }

    /// The bytes, as protocols write them.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The span of the job itself.
    pub fn job_span(self) -> SpanId {
        self.span(0)
    }

    /// The span of a test, by its place in the plan.
    pub fn test_span(self, test: u32) -> SpanId {
        self.span((u64::from(test) + 1) << 32)
    }

    /// The span of a step in an attempt at a test.
    pub fn step_span(self, test: u32, attempt: u32, step: u32) -> SpanId {
        let within_test = (u64::from(attempt & 0xfff) << 20) | (u64::from(step & 0xf_ffff) + 1);
        self.span(((u64::from(test) + 1) << 32) | within_test)
    }

    /// Ids have to be unique in their trace and should look random across traces. This mixes the bits and loses none,
    /// so different numbers give different ids: the finalizer of <https://prng.di.unimi.it/splitmix64.c>.
    fn span(self, number: u64) -> SpanId {
        #[expect(clippy::cast_possible_truncation, reason = "the lower half, which is random in a UUID")]
        let mut mixed = number ^ self.0 as u64;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // Zero means that there is no span.
        SpanId(mixed.max(1))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The id of a span: 8 bytes, written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(u64);

impl SpanId {
    /// The bytes, as protocols write them.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A span and its trace, written as the value of the header `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceContext {
    /// The trace
    pub trace: TraceId,
    /// The span
    pub span: SpanId,
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Version 00; the flag 01 says that the caller records the trace, so that the site records its part.
        write!(f, "00-{}-{}-01", self.trace, self.span)
    }
}

impl From<TraceContext> for String {
    fn from(context: TraceContext) -> Self {
        context.to_string()
    }
}

/// Why a text is not a trace context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidTraceContext;

impl fmt::Display for InvalidTraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a trace context is like 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    }
}

impl std::error::Error for InvalidTraceContext {}

impl FromStr for TraceContext {
    type Err = InvalidTraceContext;

    fn from_str(text: &str) -> Result<Self, InvalidTraceContext> {
        let hexadecimal = |part: Option<&str>, digits| {
            let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let part = part.filter(|part| part.len() == digits && part.bytes().all(is_digit));
            part.and_then(|part| u128::from_str_radix(part, 16).ok()).ok_or(InvalidTraceContext)
        };
        let mut parts = text.split('-');
        hexadecimal(parts.next(), 2)?;
        let trace = hexadecimal(parts.next(), 32)?;
        let span = u64::try_from(hexadecimal(parts.next(), 16)?).map_err(|_| InvalidTraceContext)?;
        hexadecimal(parts.next(), 2)?;
        if trace == 0 || span == 0 || parts.next().is_some() {
            return Err(InvalidTraceContext);
        }
        Ok(Self { trace: TraceId(trace), span: SpanId(span) })
    }
}

impl TryFrom<String> for TraceContext {
    type Error = InvalidTraceContext;

    fn try_from(text: String) -> Result<Self, InvalidTraceContext> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const JOB: &str = "01a204ca-7e73-7669-986a-23dcf2aa3073";

    #[test]
    fn a_job_is_a_trace() {
        let trace = TraceId::of_job(JOB).expect("a UUID");
        assert_eq!(trace.to_string(), "01a204ca7e737669986a23dcf2aa3073");
        assert_eq!(TraceId::of_job("check:suite.yaml"), None);
        assert_eq!(TraceId::of_job("00000000-0000-0000-0000-000000000000"), None, "zero is no trace");
    }

    #[test]
    fn every_part_of_a_job_has_a_span_of_its_own() {
        let trace = TraceId::of_job(JOB).expect("a UUID");
        let mut spans = HashSet::from([trace.job_span()]);
        for test in [0, 1, 2, 9_999] {
            assert!(spans.insert(trace.test_span(test)), "test {test}");
            for (attempt, step) in [(1, 0), (1, 1), (2, 0), (2, 1), (10, 99)] {
                assert!(spans.insert(trace.step_span(test, attempt, step)), "{test} {attempt} {step}");
            }
        }
        let other = TraceId::of_job("01a204ca-7e73-7669-986a-23dcf2aa3074").expect("a UUID");
        assert!(!spans.contains(&other.job_span()), "another job has others");
    }

    #[test]
    fn a_context_is_written_as_the_header_and_read_again() {
        let trace = TraceId::of_job(JOB).expect("a UUID");
        let context = TraceContext { trace, span: trace.step_span(0, 1, 0) };
        let text = context.to_string();
        assert_eq!(text.len(), 55);
        assert!(text.starts_with("00-01a204ca7e737669986a23dcf2aa3073-") && text.ends_with("-01"), "{text}");
        assert_eq!(text.parse(), Ok(context));
        let sign = text.replacen("-01a2", "-+1a2", 1);
        let (longer, upper) = (format!("{text}-00"), text.replacen('a', "A", 1));
        let zero = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
        let shorter = text.replacen("-01a2", "-1a2", 1);
        for wrong in ["", "00", &text[1..], &shorter, &sign, &text[..52], &longer, &upper, zero] {
            assert_eq!(wrong.parse::<TraceContext>(), Err(InvalidTraceContext), "{wrong}");
        }
    }
}
