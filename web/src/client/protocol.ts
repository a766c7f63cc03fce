// Generated from crates/protocol by `make types`; a test fails when it is stale.
// Clients ignore types and fields they do not know.

/**
 * An event, or the answer to a command.
 */
export type Event = { 
/**
 * When it was created (RFC 3339, milliseconds)
 */
at: string, 
/**
 * The job it concerns
 */
job?: string, 
/**
 * Orders the updates of one thing: the job for `job.*`, the test for `test.*` and `step.*`. Larger is newer
 */
v?: number, 
/**
 * The `id` of the command this answers
 */
re?: RequestId, } & ({ "type": "welcome", 
/**
 * The id of this connection
 */
connection: string, 
/**
 * The principal that the token identifies
 */
principal: string, 
/**
 * The role of that principal
 */
role: Role, 
/**
 * The limits of the server
 */
limits: Limits, 
/**
 * Send `ping` this often to keep the connection, in seconds
 */
ping_every_s: number, 
/**
 * When the server will close the connection (RFC 3339); open another one before
 */
connected_until: string, } | { "type": "job.accepted", 
/**
 * The suite's name
 */
suite: string, 
/**
 * The principal that requested it
 */
principal: string, 
/**
 * The labels to find it by
 */
labels: { [key in string]: string }, 
/**
 * The job this one repeats
 */
replay_of?: string, 
/**
 * What its answers come from, if not from the site
 */
from?: AnswersFrom, 
/**
 * The stored suite it runs, if it was requested by name
 */
stored?: RunningSuite, } | { "type": "job.planned", 
/**
 * The number of tests
 */
total: number, } | { "type": "job.progress", 
/**
 * How the tests ended
 */
counts: Counts, 
/**
 * The status of the job
 */
status: JobStatus, 
/**
 * How much of the plan is done, 0 to 100
 */
percent: number, 
/**
 * Roughly how long the rest will take, in seconds
 */
eta_s?: number, } | { "type": "job.finished" } & JobFinished | { "type": "job.state" } & JobSnapshot | { "type": "test.started", 
/**
 * The test's place in the plan, from 0
 */
test: number, 
/**
 * Its name
 */
name: string, 
/**
 * Which try this is, from 1
 */
attempt: number, 
/**
 * The attempts before it, in order
 */
earlier?: Array<EarlierAttempt>, } | { "type": "test.stalled", 
/**
 * The test's place in the plan, from 0
 */
test: number, 
/**
 * Its name
 */
name: string, } | { "type": "step.started", 
/**
 * The test's place in the plan, from 0
 */
test: number, 
/**
 * Its place in the test, from 0
 */
step: number, 
/**
 * Its name
 */
name: string, 
/**
 * Its outcome, once it has ended
 */
outcome?: Outcome, 
/**
 * How long it took, in milliseconds
 */
duration_ms?: number, 
/**
 * Which try of a step with `until` this is, from 1; once the step has ended, how many there were
 */
tries?: number, 
/**
 * Its checks, in the order of the suite
 */
checks?: Array<CheckResult>, 
/**
 * What was kept of its requests and answers, once the test has ended
 */
evidence?: StepEvidence, 
/**
 * How its answer differs from the one when the test last passed, if it did not pass and that one is kept
 */
since_passed?: SincePassed, 
/**
 * The trace context that its requests carried, if the test asks for it, as the header `traceparent` has it
 */
traceparent?: string, 
/**
 * The version of the update that reported it; if it is missing, the test's version
 */
v?: number, } | { "type": "step.finished", 
/**
 * The test's place in the plan, from 0
 */
test: number, 
/**
 * Its place in the test, from 0
 */
step: number, 
/**
 * Its name
 */
name: string, 
/**
 * Its outcome, once it has ended
 */
outcome?: Outcome, 
/**
 * How long it took, in milliseconds
 */
duration_ms?: number, 
/**
 * Which try of a step with `until` this is, from 1; once the step has ended, how many there were
 */
tries?: number, 
/**
 * Its checks, in the order of the suite
 */
checks?: Array<CheckResult>, 
/**
 * What was kept of its requests and answers, once the test has ended
 */
evidence?: StepEvidence, 
/**
 * How its answer differs from the one when the test last passed, if it did not pass and that one is kept
 */
since_passed?: SincePassed, 
/**
 * The trace context that its requests carried, if the test asks for it, as the header `traceparent` has it
 */
traceparent?: string, 
/**
 * The version of the update that reported it; if it is missing, the test's version
 */
v?: number, } | { "type": "test.finished" } & TestFinished | { "type": "test.state" } & TestState | { "type": "jobs", 
/**
 * Newest first
 */
jobs: Array<ListedJob>, 
/**
 * Send it with the next `jobs` to get the next page; missing on the last page
 */
cursor?: string, } | { "type": "history", 
/**
 * The suite's name
 */
suite: string, 
/**
 * The label `branch` of the jobs; missing if they have none
 */
branch?: string, 
/**
 * By name
 */
tests: Array<TestHistory>, 
/**
 * The cursor of the next page, if there is one
 */
cursor?: string, } | { "type": "evidence" } & EvidencePage | { "type": "suites", 
/**
 * By name
 */
suites: Array<StoredSuite>, 
/**
 * The cursor of the next page, if there is one
 */
cursor?: string, } | { "type": "suite", 
/**
 * The name it is stored under
 */
name: string, 
/**
 * The suite itself
 */
suite: unknown, 
/**
 * Which version it is
 */
version: number, 
/**
 * When it was stored (RFC 3339)
 */
updated_at: string, 
/**
 * The principal that may replace and delete it, in addition to admins
 */
owner?: string, 
/**
 * The principal that stored this version
 */
stored_by?: string, } | { "type": "connections", 
/**
 * By id
 */
connections: Array<ListedConnection>, 
/**
 * The cursor of the next page, if there is one
 */
cursor?: string, } | { "type": "shared", 
/**
 * The token itself
 */
token: string, 
/**
 * The id to revoke it by, its `jti`
 */
id: string, 
/**
 * When it expires (RFC 3339)
 */
expires_at: string, } | { "type": "token.revoked", 
/**
 * The token's id
 */
token: string, } | { "type": "tokens.revoked", 
/**
 * By id
 */
tokens: Array<RevokedToken>, 
/**
 * The cursor of the next page, if there is one
 */
cursor?: string, } | { "type": "ok" } | { "type": "comment", 
/**
 * The author
 */
principal: string, 
/**
 * The text
 */
text: string, } | { "type": "notice", 
/**
 * The text
 */
text: string, } | { "type": "pace", 
/**
 * How long events are collected before they are sent, in milliseconds
 */
every_ms: number, } | { "type": "pong" } | { "type": "bye", 
/**
 * The reason, for programs
 */
code: string, 
/**
 * Whether to open another connection
 */
reconnect: boolean, } | { "type": "error", 
/**
 * The reason, for programs
 */
code: ErrorCode, 
/**
 * The reason, for people
 */
message: string, 
/**
 * Whether the same command can succeed later
 */
temporary: boolean, 
/**
 * For `invalid_suite`: all problems of the suite
 */
problems?: Array<SuiteProblem>, });

/**
 * The commands of a client.
 */
export type Command = { "action": "hello" } | { "action": "run" } & Run | { "action": "watch" } & Topic | { "action": "unwatch" } & Topic | { "action": "cancel", 
/**
 * The job to stop
 */
job: string, } | { "action": "replay" } & Replay | { "action": "jobs" } & JobsQuery | { "action": "history" } & HistoryQuery | { "action": "job", 
/**
 * The job to show
 */
job: string, 
/**
 * Its only test to show, with all of its steps
 */
test?: number, } | { "action": "evidence" } & EvidenceQuery | { "action": "suites.put", 
/**
 * The name to store it under; by default the suite's own
 */
name?: string, 
/**
 * The suite itself
 */
suite?: unknown, 
/**
 * A suite too large for one message: its JSON, gzip, then base64
 */
suite_gz?: string, 
/**
 * The principal that will own it (admin); by default its present owner, or else the principal that stores it
 */
owner?: string, } | { "action": "suites.get", 
/**
 * The name it was stored under
 */
name: string, } | { "action": "suites.list" } & PageQuery | { "action": "suites.delete", 
/**
 * The name it was stored under
 */
name: string, } | { "action": "comment", 
/**
 * The job it belongs to
 */
job: string, 
/**
 * The text
 */
text: string, } | { "action": "ping" } | { "action": "connections" } & PageQuery | { "action": "disconnect", 
/**
 * The connection to end
 */
connection: string, } | { "action": "broadcast", 
/**
 * The text
 */
text: string, } | { "action": "finish", 
/**
 * The job to end
 */
job: string, } | { "action": "redrive" } | { "action": "share", 
/**
 * The job to show
 */
job: string, 
/**
 * How long it is valid, in seconds: 7 days by default, and never longer than the job is kept
 */
expires_s?: number, 
/**
 * Whether it shows what tests sent and received; by default it does
 */
evidence?: boolean, } | { "action": "tokens.revoke", 
/**
 * The token's id, its `jti`
 */
token: string, } | { "action": "tokens.revoked" } & PageQuery;

/**
 * A client's own name for a command; the answer repeats it as `re`.
 */
export type RequestId = string | number;

/**
 * What to run, and with which values.
 */
export type Run = { 
/**
 * A suite (an object) or the name of a stored one (a text)
 */
suite?: unknown, 
/**
 * Which version of the stored suite; if it has another one, nothing is run
 */
version?: number, 
/**
 * A suite too large for one message: its JSON, gzip, then base64
 */
suite_gz?: string, 
/**
 * Values that replace or add to the suite's own
 */
vars?: { [key in string]: string }, 
/**
 * Values that never leave the worker; `${secret.name}` in the suite
 */
secrets?: { [key in string]: string }, 
/**
 * Labels to find the job by later
 */
labels?: { [key in string]: string }, 
/**
 * Which tests: each entry is a list of tags joined by commas; a test needs all tags of at least one entry
 */
tags?: Array<string>, 
/**
 * Requests of the same principal with the same key start only one job
 */
idempotency_key?: string, 
/**
 * How many tests may end as failed, errored or blocked before the rest is no longer run
 */
max_failures?: number, 
/**
 * How long the job may take from being accepted, in seconds, before the rest is no longer run
 */
time_limit_s?: number, 
/**
 * Which attempts have their requests and answers kept, whatever the suite says: `none`, `failed`, `changes` or
 * `all`
 */
evidence?: 'none' | 'failed' | 'changes' | 'all', 
/**
 * How much of the job this connection gets, which watches it from its start
 */
detail?: Level, };

/**
 * Which job to run again, and with which values.
 */
export type Replay = { 
/**
 * The job to repeat
 */
job: string, 
/**
 * Which of its tests
 */
only?: Selection, 
/**
 * What its answers come from, if not from the site
 */
on?: AnswersFrom, 
/**
 * With `on`: another suite to judge the answers by, or the name of a stored one, which is read as it is now. Without
 * it, the suite of the job
 */
suite?: unknown, 
/**
 * The suite as gzipped JSON in Base64, if it is too large for one message
 */
suite_gz?: string, 
/**
 * Values for templates; they replace those of the job
 */
vars?: { [key in string]: string }, 
/**
 * Values for `${secret.x}`; they replace those of the job
 */
secrets?: { [key in string]: string }, 
/**
 * How much of the new job this connection gets, which watches it from its start
 */
detail?: Level, };

/**
 * What to watch.
 */
export type Topic = { job?: string, feed?: boolean, detail?: Level, steps_of?: Array<number>, };

/**
 * Which tests of a job a replay runs.
 */
export type Selection = "all" | "failed";

/**
 * How much of a job a watcher gets.
 */
export type Level = "job" | "tests" | "steps";

/**
 * Which jobs to list.
 */
export type JobsQuery = { 
/**
 * The cursor that came with the previous page
 */
cursor?: string, 
/**
 * How many, at most 100
 */
limit?: number, 
/**
 * Only jobs of this suite
 */
suite?: string, 
/**
 * Only jobs in this status
 */
status?: JobStatus, 
/**
 * Only jobs with all of these labels
 */
labels?: { [key in string]: string }, 
/**
 * Only jobs from this moment on (RFC 3339)
 */
since?: string, 
/**
 * Only jobs from before this moment (RFC 3339)
 */
until?: string, };

/**
 * Whose history to return.
 */
export type HistoryQuery = { 
/**
 * The suite's name
 */
suite: string, 
/**
 * The label `branch` of its jobs; without it, jobs that have no such label
 */
branch?: string, 
/**
 * Only the test of this name
 */
test?: string, 
/**
 * How many of the newest jobs, at most 50
 */
limit?: number, 
/**
 * The cursor that came with the previous page
 */
cursor?: string, };

/**
 * Which evidence to send.
 */
export type EvidenceQuery = { 
/**
 * The job
 */
job: string, 
/**
 * The test's place in the plan, from 0
 */
test: number, 
/**
 * The only step to send, by its place in the attempt, from 0
 */
step?: number, 
/**
 * The attempt, from 1; by default the last
 */
attempt?: number, 
/**
 * Where to go on: the `cursor` of the answer before
 */
cursor?: string, };

/**
 * Which page of a list to return.
 */
export type PageQuery = { 
/**
 * The cursor that came with the previous page
 */
cursor?: string, 
/**
 * How many, at most 100
 */
limit?: number, };

/**
 * The kind of error, for programs.
 */
export type ErrorCode = "bad_request" | "invalid_suite" | "unauthorized" | "forbidden" | "not_found" | "conflict" | "too_large" | "rate_limited" | "unavailable" | "internal";

/**
 * What a token allows.
 */
export type Role = "viewer" | "runner" | "admin";

/**
 * The limits of the server.
 */
export type Limits = { 
/**
 * Largest message, in bytes; it may have to be split into several frames
 */
message_bytes: number, 
/**
 * Largest frame a client may send, in bytes
 */
frame_bytes: number, 
/**
 * Largest suite, in bytes of JSON
 */
suite_bytes: number, 
/**
 * Maximum number of tests in one job
 */
tests_per_job: number, 
/**
 * Maximum number of connections of one principal
 */
connections?: number, 
/**
 * Maximum number of commands of one principal per second, on average
 */
commands_per_s?: number, 
/**
 * Maximum number of jobs of one principal that have no verdict yet
 */
open_jobs?: number, 
/**
 * Maximum number of requests of one job's steps; each try counts
 */
requests_per_job?: number, };

/**
 * The result of a test, a step or a check.
 */
export type Outcome = "passed" | "failed" | "errored" | "blocked" | "flaky" | "skipped" | "cancelled";

/**
 * How a test's outcome compares with earlier runs of the same suite and branch.
 */
export type Change = "new_failure" | "still_failing" | "fixed" | "flaky";

/**
 * When a test ran and in which worker.
 */
export type Ran = { 
/**
 * How long after the job was accepted it began, in milliseconds
 */
after_ms: number, 
/**
 * The process that ran it, by a name that it gave itself
 */
worker: string, };

/**
 * What judged answers come from.
 */
export type AnswersFrom = "evidence";

/**
 * An attempt at a test that was followed by another.
 */
export type EarlierAttempt = { 
/**
 * Which attempt it was, from 1
 */
attempt: number, 
/**
 * How it ended
 */
outcome: Outcome, 
/**
 * How long it took, without the pause after it, in milliseconds
 */
duration_ms: number, 
/**
 * Why the test was tried again
 */
reason: string, 
/**
 * Its steps, as far as it got
 */
steps: Array<StepState>, };

/**
 * The result of a run.
 */
export type Verdict = "passed" | "failed" | "errored" | "empty" | "cancelled";

/**
 * The status of a job.
 */
export type JobStatus = "accepted" | "running" | "cancelling" | "finished";

/**
 * The status of a test.
 */
export type TestStatus = "queued" | "running" | "finished";

/**
 * How many tests have each outcome. `total` is 0 until the job is planned.
 */
export type Counts = { 
/**
 * Tests in the plan
 */
total: number, 
/**
 * Tests that passed at once
 */
passed: number, 
/**
 * Tests in which a check did not hold
 */
failed: number, 
/**
 * Tests whose result is unknown
 */
errored: number, 
/**
 * Tests that the site refused
 */
blocked: number, 
/**
 * Tests that passed on a retry
 */
flaky: number, 
/**
 * Tests the suite skips
 */
skipped: number, 
/**
 * Tests that were cancelled
 */
cancelled: number, };

/**
 * What kind of result a [`CheckResult`] is.
 */
export type CheckKind = "check" | "slow" | "insecure";

/**
 * One check of a step, or the step's request if that failed (`check` is then `request`).
 */
export type CheckResult = { 
/**
 * What was checked, as the suite writes it
 */
check: string, 
/**
 * How it ended: passed, failed, errored or blocked
 */
outcome: Outcome, 
/**
 * What kind of result it is, if it is not that of a check or a request
 */
kind?: CheckKind, 
/**
 * What was expected; only if it was not found
 */
expected?: string, 
/**
 * What was found instead
 */
actual?: string, 
/**
 * What came closest, or what to do next
 */
hint?: string, };

/**
 * A check that did not hold, with its step.
 */
export type Failure = { 
/**
 * The step's place in the test, from 0
 */
step: number, 
/**
 * The step's name
 */
name: string, 
/**
 * The trace context that the step's requests carried, see [`StepState::traceparent`]
 */
traceparent?: string, 
/**
 * What was checked, as the suite writes it
 */
check: string, 
/**
 * How it ended: passed, failed, errored or blocked
 */
outcome: Outcome, 
/**
 * What kind of result it is, if it is not that of a check or a request
 */
kind?: CheckKind, 
/**
 * What was expected; only if it was not found
 */
expected?: string, 
/**
 * What was found instead
 */
actual?: string, 
/**
 * What came closest, or what to do next
 */
hint?: string, };

/**
 * One step of a test.
 */
export type StepState = { 
/**
 * Its place in the test, from 0
 */
step: number, 
/**
 * Its name
 */
name: string, 
/**
 * Its outcome, once it has ended
 */
outcome?: Outcome, 
/**
 * How long it took, in milliseconds
 */
duration_ms?: number, 
/**
 * Which try of a step with `until` this is, from 1; once the step has ended, how many there were
 */
tries?: number, 
/**
 * Its checks, in the order of the suite
 */
checks?: Array<CheckResult>, 
/**
 * What was kept of its requests and answers, once the test has ended
 */
evidence?: StepEvidence, 
/**
 * How its answer differs from the one when the test last passed, if it did not pass and that one is kept
 */
since_passed?: SincePassed, 
/**
 * The trace context that its requests carried, if the test asks for it, as the header `traceparent` has it
 */
traceparent?: string, 
/**
 * The version of the update that reported it; if it is missing, the test's version
 */
v?: number, };

/**
 * One test of a job, with its full state.
 */
export type TestState = { 
/**
 * Its place in the plan, from 0
 */
test: number, 
/**
 * Its name
 */
name: string, 
/**
 * The version of this state: `lease × 1,000,000 + n`, so a state from a newer lease is newer
 */
v: number, 
/**
 * Its status
 */
status: TestStatus, 
/**
 * Which try this is, from 1; 0 before the first
 */
attempt: number, 
/**
 * Its outcome, once it has ended
 */
outcome?: Outcome, 
/**
 * How long it took, retries included, in milliseconds
 */
duration_ms?: number, 
/**
 * How that compares with earlier runs of the same suite and branch, if there is something new to report
 */
change?: Change, 
/**
 * Where and when it ran, once it has ended
 */
ran?: Ran, 
/**
 * What its answers came from, if not from the site
 */
from?: AnswersFrom, 
/**
 * Its steps, as far as they have started
 */
steps: Array<StepState>, 
/**
 * The attempts before this one, in order
 */
earlier?: Array<EarlierAttempt>, 
/**
 * Whether its worker is silent; another one will run it again
 */
stalled?: boolean, 
/**
 * The host at which its request waits for its turn, because the host gets no more requests at once
 */
waiting_for?: string, };

/**
 * The end of a test, with its full state.
 */
export type TestFinished = { 
/**
 * The test's place in the plan, from 0
 */
test: number, 
/**
 * Its name
 */
name: string, 
/**
 * How it ended
 */
outcome: Outcome, 
/**
 * How long it took, retries included, in milliseconds
 */
duration_ms: number, 
/**
 * How many tries it took
 */
attempt: number, 
/**
 * How it compares with earlier runs of the same suite and branch, if there is something new to report
 */
change?: Change, 
/**
 * Where and when it ran
 */
ran?: Ran, 
/**
 * What its answers came from, if not from the site
 */
from?: AnswersFrom, 
/**
 * The checks that did not hold
 */
failures: Array<Failure>, 
/**
 * Its steps, for clients that missed some of them
 */
steps: Array<StepState>, 
/**
 * The attempts before the last, in order
 */
earlier?: Array<EarlierAttempt>, };

/**
 * A job without its tests.
 */
export type JobSummary = { 
/**
 * The suite's name
 */
suite: string, 
/**
 * Its status
 */
status: JobStatus, 
/**
 * How its tests ended so far
 */
counts: Counts, 
/**
 * Its verdict
 */
verdict?: Verdict, 
/**
 * From acceptance to verdict, in milliseconds
 */
duration_ms?: number, 
/**
 * Fingerprint of all outcomes, see [`digest_of`]
 */
digest?: string, 
/**
 * When it was accepted (RFC 3339)
 */
created_at: string, 
/**
 * The principal that requested it
 */
principal: string, 
/**
 * The labels to find it by
 */
labels: { [key in string]: string }, 
/**
 * Why it could not be planned, or was stopped before all tests had run
 */
problem?: string, 
/**
 * The job this one repeats
 */
replay_of?: string, 
/**
 * What its answers come from, if not from the site
 */
from?: AnswersFrom, };

/**
 * A job as a list shows it.
 */
export type ListedJob = { 
/**
 * Its id
 */
job: string, 
/**
 * The version of this state
 */
v: number, 
/**
 * The suite's name
 */
suite: string, 
/**
 * Its status
 */
status: JobStatus, 
/**
 * How its tests ended so far
 */
counts: Counts, 
/**
 * Its verdict
 */
verdict?: Verdict, 
/**
 * From acceptance to verdict, in milliseconds
 */
duration_ms?: number, 
/**
 * Fingerprint of all outcomes, see [`digest_of`]
 */
digest?: string, 
/**
 * When it was accepted (RFC 3339)
 */
created_at: string, 
/**
 * The principal that requested it
 */
principal: string, 
/**
 * The labels to find it by
 */
labels: { [key in string]: string }, 
/**
 * Why it could not be planned, or was stopped before all tests had run
 */
problem?: string, 
/**
 * The job this one repeats
 */
replay_of?: string, 
/**
 * What its answers come from, if not from the site
 */
from?: AnswersFrom, };

/**
 * A page of the whole state of a job.
 */
export type JobSnapshot = { 
/**
 * Some of its tests
 */
tests: Array<TestState>, 
/**
 * Which page this is, from 1
 */
page: number, 
/**
 * The number of pages
 */
pages: number, 
/**
 * The suite's name
 */
suite: string, 
/**
 * Its status
 */
status: JobStatus, 
/**
 * How its tests ended so far
 */
counts: Counts, 
/**
 * Its verdict
 */
verdict?: Verdict, 
/**
 * From acceptance to verdict, in milliseconds
 */
duration_ms?: number, 
/**
 * Fingerprint of all outcomes, see [`digest_of`]
 */
digest?: string, 
/**
 * When it was accepted (RFC 3339)
 */
created_at: string, 
/**
 * The principal that requested it
 */
principal: string, 
/**
 * The labels to find it by
 */
labels: { [key in string]: string }, 
/**
 * Why it could not be planned, or was stopped before all tests had run
 */
problem?: string, 
/**
 * The job this one repeats
 */
replay_of?: string, 
/**
 * What its answers come from, if not from the site
 */
from?: AnswersFrom, };

/**
 * The end of a job.
 */
export type JobFinished = { 
/**
 * The verdict
 */
verdict: Verdict, 
/**
 * How the tests ended
 */
counts: Counts, 
/**
 * From acceptance to verdict, in milliseconds
 */
duration_ms: number, 
/**
 * Fingerprint of all outcomes: a client that computes the same one has missed nothing
 */
digest: string, 
/**
 * Why it could not be planned, or was stopped before all tests had run
 */
problem?: string, };

/**
 * A test as it ended in past jobs.
 */
export type TestHistory = { 
/**
 * Its name
 */
name: string, 
/**
 * How it ended, newest first; jobs in which it was skipped or cancelled are left out
 */
outcomes: Array<PastOutcome>, };

/**
 * How a test ended in one job.
 */
export type PastOutcome = { 
/**
 * The job
 */
job: string, 
/**
 * How it ended
 */
outcome: Outcome, 
/**
 * How long it took, retries included, in milliseconds
 */
duration_ms: number, 
/**
 * When the job was accepted (RFC 3339)
 */
at: string, };

/**
 * How the answer of a step that did not pass differs from the one it got when its test last passed, in a few lines.
 */
export type SincePassed = { 
/**
 * The job in which the test passed
 */
job: string, 
/**
 * When the answer came that it is compared with (RFC 3339)
 */
at: string, 
/**
 * The most telling differences, one a line; none if the answers are the same
 */
lines: Array<string>, 
/**
 * How many more differences there are
 */
more: number, };

/**
 * All differences of a step's answer from the one it got when its test last passed.
 */
export type StepDifferences = { 
/**
 * The step's place in the attempt, from 0
 */
step: number, 
/**
 * The job in which the test passed
 */
job: string, 
/**
 * When the answer came that it is compared with (RFC 3339)
 */
at: string, 
/**
 * The differences, the most telling first
 */
differences: Array<Difference>, 
/**
 * How many more there are, which were too many to keep; noise is not counted
 */
left_out: number, };

/**
 * A difference between two answers, in one place or the same in several.
 */
export type Difference = { 
/**
 * What differs
 */
kind: DifferenceKind, 
/**
 * Where: a header's name, a JSON path, the path of an element, or empty
 */
place: string, 
/**
 * What was there
 */
before?: string, 
/**
 * What is there now
 */
after?: string, 
/**
 * The difference in a line
 */
text: string, 
/**
 * In how many places it is
 */
places: number, 
/**
 * Whether a check that did not hold looks there
 */
is_near?: boolean, 
/**
 * Whether the answers of tests that passed differ there too, as a token does that is new each time
 */
is_noise?: boolean, };

/**
 * What differs between two answers.
 */
export type DifferenceKind = "request" | "answer" | "redirects" | "status" | "header" | "json" | "element" | "line" | "body" | "time";

/**
 * A page of what a test sent and received: first the differences from the answers when it last passed, then the requests
 * with their answers, then the contents that these name.
 */
export type EvidencePage = { 
/**
 * The test's place in the plan, from 0
 */
test: number, 
/**
 * The attempt, from 1
 */
attempt: number, 
/**
 * How answers of steps that did not pass differ from those when the test last passed
 */
differences?: Array<StepDifferences>, 
/**
 * Requests with their answers, by step
 */
steps?: Array<StepExchanges>, 
/**
 * Parts of bodies and certificates
 */
contents?: Array<ContentPart>, 
/**
 * Where the next page begins; missing on the last
 */
cursor?: string, };

/**
 * What was kept of the requests and answers of a step.
 */
export type StepEvidence = { 
/**
 * The id of the record that has them; `evidence` reads it
 */
id?: string, 
/**
 * Why they could not be kept
 */
problem?: string, };

/**
 * The requests of a step in the order they were sent, redirects included, and then those of its links.
 */
export type StepExchanges = { 
/**
 * The step's place in the attempt, from 0
 */
step: number, 
/**
 * The step's name
 */
name?: string, 
/**
 * The requests with their answers
 */
exchanges: Array<Exchange>, };

/**
 * One request and its answer, as far as it came.
 */
export type Exchange = { 
/**
 * When it was sent, in ISO 8601
 */
at: string, 
/**
 * The request as it was sent
 */
request: SentRequest, 
/**
 * What came back
 */
answer?: Answer, 
/**
 * Why nothing came back, or only a part
 */
failure?: ExchangeFailure, 
/**
 * The address and port of the server, or of the proxy
 */
remote?: string, 
/**
 * How long its parts took
 */
times: ExchangeTimes, 
/**
 * Whether it was sent for a check of links, and not by the step itself
 */
is_link?: boolean, };

/**
 * A request as it was sent.
 */
export type SentRequest = { 
/**
 * The method
 */
method: string, 
/**
 * The address
 */
url: string, 
/**
 * The header fields, without those that are about the connection
 */
headers: Array<HeaderField>, 
/**
 * The body
 */
body?: Content, };

/**
 * What came back.
 */
export type Answer = { 
/**
 * The status code
 */
status: number, 
/**
 * The version of HTTP, like `HTTP/1.1`
 */
version: string, 
/**
 * The header fields
 */
headers: Array<HeaderField>, 
/**
 * The body, decompressed; missing if it was not read, as that of a redirect
 */
body?: Content, 
/**
 * The SHA-256 of the server's certificate in DER
 */
certificate?: string, };

/**
 * A header field.
 */
export type HeaderField = { 
/**
 * The name
 */
name: string, 
/**
 * The value
 */
value: string, };

/**
 * A body, which is kept apart from what names it.
 */
export type Content = { 
/**
 * Its size as it was read, in bytes
 */
bytes: number, 
/**
 * The SHA-256 of what is kept of it
 */
sha256?: string, 
/**
 * Why less than all of it is kept, or nothing
 */
left_out?: string, };

/**
 * Why a request has no answer, or only a part of one.
 */
export type ExchangeFailure = { 
/**
 * What kind of failure it is
 */
kind: FailureKind, 
/**
 * What happened
 */
message: string, 
/**
 * Whether another attempt would fail in the same way
 */
is_permanent: boolean, };

/**
 * The kinds of failures of a request.
 */
export type FailureKind = "dns" | "connect" | "tls" | "timeout" | "body" | "too_large" | "protocol" | "other";

/**
 * How long the parts of a request took, in microseconds. A part that did not happen is missing: a connection is used
 * again and again.
 */
export type ExchangeTimes = { 
/**
 * The wait for a turn at the host
 */
waiting_us: number, 
/**
 * Resolving the name
 */
name_us?: number, 
/**
 * Connecting, without TLS
 */
connect_us?: number, 
/**
 * TLS
 */
tls_us?: number, 
/**
 * From the request on a connection to the headers of the answer
 */
answer_us: number, 
/**
 * The body
 */
body_us: number, };

/**
 * A part of a body or a certificate.
 */
export type ContentPart = { 
/**
 * The content that it is a part of
 */
sha256: string, 
/**
 * Where the part begins, in bytes
 */
offset: number, 
/**
 * The size of the content, in bytes
 */
bytes: number, 
/**
 * The part, in Base64
 */
base64: string, };

/**
 * A stored suite as a list shows it.
 */
export type StoredSuite = { 
/**
 * The name it is stored under
 */
name: string, 
/**
 * How many tests it has before `each` and `discover` are expanded
 */
tests: number, 
/**
 * When it was stored (RFC 3339)
 */
updated_at: string, 
/**
 * Its version: goes up by one each time a suite is stored under this name. 0 for a suite that was stored before
 * suites had versions
 */
version: number, 
/**
 * The principal that may replace and delete it, in addition to admins. Missing for a suite that was stored before
 * suites had owners: only admins may change it
 */
owner?: string, 
/**
 * The principal that stored this version
 */
stored_by?: string, };

/**
 * The stored suite that a job runs.
 */
export type RunningSuite = { 
/**
 * The name it is stored under
 */
name: string, 
/**
 * Which version of it
 */
version: number, 
/**
 * The principal it belongs to; missing for a suite that was stored before suites had owners
 */
owner?: string, };

/**
 * A problem of a suite.
 */
export type SuiteProblem = { 
/**
 * The place in the suite, like `tests[2].expect[0].css`
 */
path: string, 
/**
 * The problem
 */
message: string, 
/**
 * How to fix it
 */
hint?: string, };

/**
 * A connection as a list shows it.
 */
export type ListedConnection = { 
/**
 * Its id
 */
connection: string, 
/**
 * The principal that opened it
 */
principal: string, 
/**
 * The role of that principal
 */
role: Role, 
/**
 * When it was opened (RFC 3339)
 */
connected_at: string, 
/**
 * The jobs it watches, and `feed` for the updates of all jobs; at most 20 of them
 */
watching: Array<string>, 
/**
 * The id of the token it was opened with, to revoke the token by
 */
token?: string, };

/**
 * A token that was revoked, as a list shows it.
 */
export type RevokedToken = { 
/**
 * Its id
 */
token: string, 
/**
 * The principal that revoked it
 */
principal: string, 
/**
 * When it was revoked (RFC 3339)
 */
revoked_at: string, };
