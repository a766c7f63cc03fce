// Generated from crates/protocol by `make types`; a test fails when it is stale.
// Clients ignore types and fields they do not know.

/**
 * One thing that happened, or one answer.
 */
export type Event = { 
/**
 * When it was said (RFC 3339, milliseconds)
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
 * Who the token says this is
 */
principal: string, 
/**
 * What that one may do
 */
role: Role, 
/**
 * What the server accepts
 */
limits: Limits, 
/**
 * Send `ping` this often to keep the connection, in seconds
 */
ping_every_s: number, 
/**
 * When the connection will be cut (RFC 3339); open another before
 */
connected_until: string, } | { "type": "job.accepted", 
/**
 * The suite's name
 */
suite: string, 
/**
 * Who asked for it
 */
principal: string, 
/**
 * What to find it by
 */
labels: { [key in string]: string }, 
/**
 * The job this one repeats
 */
replay_of?: string, 
/**
 * The stored suite it runs, if it was asked for by name
 */
stored?: RunningSuite, } | { "type": "job.planned", 
/**
 * How many there are
 */
total: number, } | { "type": "job.progress", 
/**
 * How they ended
 */
counts: Counts, 
/**
 * How far the job is
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
attempt: number, } | { "type": "test.stalled", 
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
 * How it ended, once it has
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
 * The version of the update that said so; where it is left out, the test's
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
 * How it ended, once it has
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
 * The version of the update that said so; where it is left out, the test's
 */
v?: number, } | { "type": "test.finished" } & TestFinished | { "type": "test.state" } & TestState | { "type": "jobs", 
/**
 * Newest first
 */
jobs: Array<ListedJob>, 
/**
 * Send it with the next `jobs` for what follows; left out at the end
 */
cursor?: string, } | { "type": "history", 
/**
 * The suite's name
 */
suite: string, 
/**
 * The label `branch` of the jobs; left out where they have none
 */
branch?: string, 
/**
 * By name
 */
tests: Array<TestHistory>, 
/**
 * Where the next page begins, if there is one
 */
cursor?: string, } | { "type": "suites", 
/**
 * By name
 */
suites: Array<StoredSuite>, 
/**
 * Where the next page begins, if there is one
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
 * The principal that may replace and delete it, besides admins
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
 * Where the next page begins, if there is one
 */
cursor?: string, } | { "type": "shared", 
/**
 * The token itself
 */
token: string, 
/**
 * What it is revoked by, its `jti`
 */
id: string, 
/**
 * Until when it is good (RFC 3339)
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
 * Where the next page begins, if there is one
 */
cursor?: string, } | { "type": "ok" } | { "type": "comment", 
/**
 * Who
 */
principal: string, 
/**
 * What
 */
text: string, } | { "type": "notice", 
/**
 * What
 */
text: string, } | { "type": "pong" } | { "type": "bye", 
/**
 * Why, for programs
 */
code: string, 
/**
 * Whether to open another
 */
reconnect: boolean, } | { "type": "error", 
/**
 * Why, for programs
 */
code: ErrorCode, 
/**
 * Why, for people
 */
message: string, 
/**
 * Whether the same command can succeed later
 */
temporary: boolean, 
/**
 * For `invalid_suite`: everything that is wrong with it
 */
problems?: Array<SuiteProblem>, });

/**
 * What an event can be.
 */
export type EventBody = { "type": "welcome", 
/**
 * The id of this connection
 */
connection: string, 
/**
 * Who the token says this is
 */
principal: string, 
/**
 * What that one may do
 */
role: Role, 
/**
 * What the server accepts
 */
limits: Limits, 
/**
 * Send `ping` this often to keep the connection, in seconds
 */
ping_every_s: number, 
/**
 * When the connection will be cut (RFC 3339); open another before
 */
connected_until: string, } | { "type": "job.accepted", 
/**
 * The suite's name
 */
suite: string, 
/**
 * Who asked for it
 */
principal: string, 
/**
 * What to find it by
 */
labels: { [key in string]: string }, 
/**
 * The job this one repeats
 */
replay_of?: string, 
/**
 * The stored suite it runs, if it was asked for by name
 */
stored?: RunningSuite, } | { "type": "job.planned", 
/**
 * How many there are
 */
total: number, } | { "type": "job.progress", 
/**
 * How they ended
 */
counts: Counts, 
/**
 * How far the job is
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
attempt: number, } | { "type": "test.stalled", 
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
 * How it ended, once it has
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
 * The version of the update that said so; where it is left out, the test's
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
 * How it ended, once it has
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
 * The version of the update that said so; where it is left out, the test's
 */
v?: number, } | { "type": "test.finished" } & TestFinished | { "type": "test.state" } & TestState | { "type": "jobs", 
/**
 * Newest first
 */
jobs: Array<ListedJob>, 
/**
 * Send it with the next `jobs` for what follows; left out at the end
 */
cursor?: string, } | { "type": "history", 
/**
 * The suite's name
 */
suite: string, 
/**
 * The label `branch` of the jobs; left out where they have none
 */
branch?: string, 
/**
 * By name
 */
tests: Array<TestHistory>, 
/**
 * Where the next page begins, if there is one
 */
cursor?: string, } | { "type": "suites", 
/**
 * By name
 */
suites: Array<StoredSuite>, 
/**
 * Where the next page begins, if there is one
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
 * The principal that may replace and delete it, besides admins
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
 * Where the next page begins, if there is one
 */
cursor?: string, } | { "type": "shared", 
/**
 * The token itself
 */
token: string, 
/**
 * What it is revoked by, its `jti`
 */
id: string, 
/**
 * Until when it is good (RFC 3339)
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
 * Where the next page begins, if there is one
 */
cursor?: string, } | { "type": "ok" } | { "type": "comment", 
/**
 * Who
 */
principal: string, 
/**
 * What
 */
text: string, } | { "type": "notice", 
/**
 * What
 */
text: string, } | { "type": "pong" } | { "type": "bye", 
/**
 * Why, for programs
 */
code: string, 
/**
 * Whether to open another
 */
reconnect: boolean, } | { "type": "error", 
/**
 * Why, for programs
 */
code: ErrorCode, 
/**
 * Why, for people
 */
message: string, 
/**
 * Whether the same command can succeed later
 */
temporary: boolean, 
/**
 * For `invalid_suite`: everything that is wrong with it
 */
problems?: Array<SuiteProblem>, };

/**
 * Everything a client can ask for.
 */
export type Command = { "action": "hello" } | { "action": "run" } & Run | { "action": "watch" } & Topic | { "action": "unwatch" } & Topic | { "action": "cancel", 
/**
 * The job to stop
 */
job: string, } | { "action": "replay" } & Replay | { "action": "jobs" } & JobsQuery | { "action": "history" } & HistoryQuery | { "action": "job", 
/**
 * The job to show
 */
job: string, } | { "action": "suites.put", 
/**
 * The name it is found by; the suite's own where it is left out
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
 * The principal it is to belong to (admin); without it, the one it belongs to, or who stores it
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
 * What is said
 */
text: string, } | { "action": "ping" } | { "action": "connections" } & PageQuery | { "action": "disconnect", 
/**
 * The connection to end
 */
connection: string, } | { "action": "broadcast", 
/**
 * What is said
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
 * How long it is good for, in seconds: 7 days where it is left out, and never longer than the job is kept
 */
expires_s?: number, } | { "action": "tokens.revoke", 
/**
 * The token's id, its `jti`
 */
token: string, } | { "action": "tokens.revoked" } & PageQuery;

/**
 * A client's own name for a command; the answer repeats it as `re`.
 */
export type RequestId = string | number;

/**
 * What to run and with what.
 */
export type Run = { 
/**
 * A suite (an object) or the name of a stored one (a text)
 */
suite?: unknown, 
/**
 * Which version of the stored suite; if it is at another one, nothing is run
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
 * What to find the job by later
 */
labels?: { [key in string]: string }, 
/**
 * Which tests: each entry is a list joined by commas, all of which a test must have; one entry that fits is enough
 */
tags?: Array<string>, 
/**
 * The same key asked for twice by the same principal is one job
 */
idempotency_key?: string, 
/**
 * How many tests may end as failed, errored or blocked before the rest is not run any more
 */
max_failures?: number, 
/**
 * How long the job may take from being accepted, in seconds, before the rest is not run any more
 */
time_limit_s?: number, };

/**
 * Which job to run again, and with what.
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
 * Values for templates, in place of those it had
 */
vars?: { [key in string]: string }, 
/**
 * Values for `${secret.x}`, in place of those it had
 */
secrets?: { [key in string]: string }, };

/**
 * What a watcher watches.
 */
export type Topic = { job?: string, feed?: boolean, };

/**
 * Which tests of a job a replay runs.
 */
export type Selection = "all" | "failed";

/**
 * Which jobs to list.
 */
export type JobsQuery = { 
/**
 * Where the page before ended
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
 * Whose past is asked for.
 */
export type HistoryQuery = { 
/**
 * The suite's name
 */
suite: string, 
/**
 * The label `branch` of its jobs; without it, jobs that have none
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
 * Where the page before ended
 */
cursor?: string, };

/**
 * Which part of a list is asked for.
 */
export type PageQuery = { 
/**
 * Where the page before ended
 */
cursor?: string, 
/**
 * How many, 100 at most
 */
limit?: number, };

/**
 * What went wrong, for programs.
 */
export type ErrorCode = "bad_request" | "invalid_suite" | "unauthorized" | "forbidden" | "not_found" | "conflict" | "too_large" | "rate_limited" | "unavailable" | "internal";

/**
 * What may be done with a token.
 */
export type Role = "viewer" | "runner" | "admin";

/**
 * What the server accepts.
 */
export type Limits = { 
/**
 * Largest message, in bytes; it may have to travel in several frames
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
 * Most tests one job may have
 */
tests_per_job: number, 
/**
 * Most connections of one principal
 */
connections?: number, 
/**
 * Most commands of one principal, a second on average
 */
commands_per_s?: number, 
/**
 * Most jobs of one principal that have no verdict yet
 */
open_jobs?: number, 
/**
 * Most requests of one job's steps, each try counted
 */
requests_per_job?: number, };

/**
 * What kind of result a test, a step or a check has.
 */
export type Outcome = "passed" | "failed" | "errored" | "blocked" | "flaky" | "skipped" | "cancelled";

/**
 * How a test's end compares with the runs of the same suite and branch before.
 */
export type Change = "new_failure" | "still_failing" | "fixed" | "flaky";

/**
 * The one word a run ends with.
 */
export type Verdict = "passed" | "failed" | "errored" | "empty" | "cancelled";

/**
 * How far a job is.
 */
export type JobStatus = "accepted" | "running" | "cancelling" | "finished";

/**
 * How far a test is.
 */
export type TestStatus = "queued" | "running" | "finished";

/**
 * How many tests ended how. `total` is 0 until the job is planned.
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
 * Tests of which we cannot tell
 */
errored: number, 
/**
 * Tests that were turned away
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
 * One check of a step, or the step's request where that went wrong (`check` is then `request`).
 */
export type CheckResult = { 
/**
 * What was checked, as the suite says it
 */
check: string, 
/**
 * How it ended: passed, failed, errored or blocked
 */
outcome: Outcome, 
/**
 * What should have been found; only where it was not
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
 * A check that did not hold, with the step it stands in.
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
 * What was checked, as the suite says it
 */
check: string, 
/**
 * How it ended: passed, failed, errored or blocked
 */
outcome: Outcome, 
/**
 * What should have been found; only where it was not
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
 * How it ended, once it has
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
 * The version of the update that said so; where it is left out, the test's
 */
v?: number, };

/**
 * One test of a job: all there is to know of it.
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
 * The version of this state: `lease × 1,000,000 + n`, so whoever holds the newer lease is newer
 */
v: number, 
/**
 * How far it is
 */
status: TestStatus, 
/**
 * Which try this is, from 1; 0 before the first
 */
attempt: number, 
/**
 * How it ended, once it has
 */
outcome?: Outcome, 
/**
 * How long it took, retries included, in milliseconds
 */
duration_ms?: number, 
/**
 * How that compares with the runs of the same suite and branch before, where there is something new to say
 */
change?: Change, 
/**
 * Its steps, as far as they have started
 */
steps: Array<StepState>, 
/**
 * Whether its worker gives no sign of life any more; another one will run it again
 */
stalled?: boolean, };

/**
 * The end of a test: all there is to know of it.
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
 * How it compares with the runs of the same suite and branch before, where there is something new to say
 */
change?: Change, 
/**
 * The checks that did not hold
 */
failures: Array<Failure>, 
/**
 * Its steps, so that whoever missed one has it now
 */
steps: Array<StepState>, };

/**
 * A job without its tests.
 */
export type JobSummary = { 
/**
 * The suite's name
 */
suite: string, 
/**
 * How far it is
 */
status: JobStatus, 
/**
 * How its tests ended so far
 */
counts: Counts, 
/**
 * The one word it ended with
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
 * Who asked for it
 */
principal: string, 
/**
 * What to find it by
 */
labels: { [key in string]: string }, 
/**
 * Why it could not be planned, or was stopped before all tests had run
 */
problem?: string, 
/**
 * The job this one repeats
 */
replay_of?: string, };

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
 * How far it is
 */
status: JobStatus, 
/**
 * How its tests ended so far
 */
counts: Counts, 
/**
 * The one word it ended with
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
 * Who asked for it
 */
principal: string, 
/**
 * What to find it by
 */
labels: { [key in string]: string }, 
/**
 * Why it could not be planned, or was stopped before all tests had run
 */
problem?: string, 
/**
 * The job this one repeats
 */
replay_of?: string, };

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
 * How many there are
 */
pages: number, 
/**
 * The suite's name
 */
suite: string, 
/**
 * How far it is
 */
status: JobStatus, 
/**
 * How its tests ended so far
 */
counts: Counts, 
/**
 * The one word it ended with
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
 * Who asked for it
 */
principal: string, 
/**
 * What to find it by
 */
labels: { [key in string]: string }, 
/**
 * Why it could not be planned, or was stopped before all tests had run
 */
problem?: string, 
/**
 * The job this one repeats
 */
replay_of?: string, };

/**
 * The end of a job.
 */
export type JobFinished = { 
/**
 * The one word
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
 * Fingerprint of all outcomes: whoever holds the same has missed nothing
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
 * Which version it is: goes up by one each time a suite is stored under this name. 0 for one that was stored before
 * suites had versions
 */
version: number, 
/**
 * The principal that may replace and delete it, besides admins. Left out for one that was stored before suites had
 * owners, which is in the hands of admins
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
 * The principal it belongs to; left out for one that was stored before suites had owners
 */
owner?: string, };

/**
 * One thing that is wrong with a suite.
 */
export type SuiteProblem = { 
/**
 * Where in the suite, like `tests[2].expect[0].css`
 */
path: string, 
/**
 * What is wrong there
 */
message: string, 
/**
 * What to do about it
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
 * Who is at the other end
 */
principal: string, 
/**
 * What they may do
 */
role: Role, 
/**
 * Since when (RFC 3339)
 */
connected_at: string, 
/**
 * The jobs it watches, and `feed` for the updates of all jobs; 20 of them at most
 */
watching: Array<string>, 
/**
 * The id of the token it came in with, by which that can be revoked
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
 * Who revoked it
 */
principal: string, 
/**
 * When (RFC 3339)
 */
revoked_at: string, };
