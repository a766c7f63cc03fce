//! The wire types as TypeScript, for `web/src/client/protocol.ts`.

use crate::command::{
    Command, EvidenceQuery, HistoryQuery, JobsQuery, Level, PageQuery, Replay, RequestId, Run, Selection, Topic,
};
use crate::difference::{Difference, DifferenceKind, SincePassed, StepDifferences};
use crate::error::ErrorCode;
use crate::event::{
    Event, JobFinished, JobSnapshot, Limits, ListedConnection, PastOutcome, RevokedToken, Role, RunningSuite,
    StoredSuite, SuiteProblem, TestFinished, TestHistory,
};
use crate::exchange::{
    Answer, Content, ContentPart, EvidencePage, Exchange, ExchangeFailure, ExchangeTimes, FailureKind, HeaderField,
    SentRequest, StepEvidence, StepExchanges,
};
use crate::state::{
    AnswersFrom, Change, CheckKind, CheckResult, Counts, EarlierAttempt, Failure, JobStatus, JobSummary, ListedJob,
    Outcome, Ran, StepState, TestState, TestStatus, Verdict,
};
use ts_rs::{Config, TS};

/// The whole file.
pub fn render() -> String {
    let config = Config::new().with_large_int("number");
    let mut out = String::from(
        "// Generated from crates/protocol by `make types`; a test fails when it is stale.\n\
         // Clients ignore types and fields they do not know.\n",
    );
    macro_rules! declare {
        ($($kind:ty),* $(,)?) => {
            $(
                out.push('\n');
                if let Some(docs) = <$kind as TS>::docs() {
                    out.push_str(docs.trim_end());
                    out.push('\n');
                }
                out.push_str("export ");
                out.push_str(&<$kind as TS>::decl(&config));
                out.push('\n');
            )*
        };
    }
    declare!(
        Event,
        Command,
        RequestId,
        Run,
        Replay,
        Topic,
        Selection,
        Level,
        JobsQuery,
        HistoryQuery,
        EvidenceQuery,
        PageQuery,
        ErrorCode,
        Role,
        Limits,
        Outcome,
        Change,
        Ran,
        AnswersFrom,
        EarlierAttempt,
        Verdict,
        JobStatus,
        TestStatus,
        Counts,
        CheckKind,
        CheckResult,
        Failure,
        StepState,
        TestState,
        TestFinished,
        JobSummary,
        ListedJob,
        JobSnapshot,
        JobFinished,
        TestHistory,
        PastOutcome,
        SincePassed,
        StepDifferences,
        Difference,
        DifferenceKind,
        EvidencePage,
        StepEvidence,
        StepExchanges,
        Exchange,
        SentRequest,
        Answer,
        HeaderField,
        Content,
        ExchangeFailure,
        FailureKind,
        ExchangeTimes,
        ContentPart,
        StoredSuite,
        RunningSuite,
        SuiteProblem,
        ListedConnection,
        RevokedToken,
    );
    out
}
