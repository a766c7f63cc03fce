/**
 * What Stepcast's own dashboard needs besides. It follows the dashboard and changes with any version: build on the other
 * entry points.
 *
 * @packageDocumentation
 */

export { backoff } from './backoff.ts'
export { systemClock } from './clock.ts'
export { type Answer, Commands } from './commands.ts'
export { Connection, type ConnectionOptions } from './connection.ts'
export { attemptEvidence, type AttemptEvidence, type AttemptOfTest } from './evidence.ts'
export { type Evidence, evidenceOf, MOST_PAGES, type StepOfAttempt } from './evidence.ts'
export { type JobFilter, JOBS_PER_PAGE } from './job-pages.ts'
export { eventsOf } from './lines.ts'
export type { Notice } from './notices.ts'
export { changeWords, noCounts } from './outcomes.ts'
export { Replay, type ReplayOptions } from './replay.ts'
export { newIdempotencyKey } from './run.ts'
export { shareLink } from './shared-job.ts'
export type { Source } from './source.ts'
export { JobState } from './state.ts'
export { Store, type StoreOptions } from './store.ts'
export { hideTemplates } from './templates.ts'
export { queuedTest } from './test-state.ts'
export { isUsableToken } from './token.ts'
export { wholeJob } from './whole-job.ts'
