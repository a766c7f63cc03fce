/**
 * A client of Stepcast: runs suites, follows jobs live to their verdict, and reconnects. No dependencies, no framework.
 *
 * Start with {@link connect}. The types of commands and events are those of the wire protocol; clients ignore fields that
 * they do not know.
 *
 * @packageDocumentation
 */

export { type Client, connect, type ConnectOptions, type RunRequest } from './client.ts'
export type { Job, WatchOptions } from './job.ts'
export type { Jobs } from './jobs.ts'
export { type FinalVerdict, NoVerdictError, type NoVerdictReason, type VerdictOptions } from './verdict.ts'
export { WireError } from './wire-error.ts'

export type { Clock, Timer } from './clock.ts'
export type { Socket, SocketClass } from './link.ts'
export type { Running } from './running-tests.ts'
export type { SourceStatus as ConnectionStatus } from './source.ts'
export type { Comment, JobView } from './watched-job.ts'

export { finishedOf, isPass, isProblem, OUTCOMES, percentOf } from './outcomes.ts'
export { type SharedJob, sharedJobIn, sharedJobOf } from './shared-job.ts'
export { expiryOf } from './token.ts'
export { type TraceContext, traceOf } from './trace.ts'

export type * from './protocol.ts'
