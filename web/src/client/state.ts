// The state of a job and how events change it. Every event is a state update with a version. A client keeps the newest
// update and ignores older ones. Events may therefore be lost, duplicated or reordered, and all clients still end with
// the same state. `crates/protocol/src/merge.rs` follows the same rules; both are tested with `tests/fixtures/merge`.

import { digestOf, formatDigest } from './digest.ts'
import { acceptedJob, changedBy, isIdentified, summaryOf, unheardOfJob } from './job-summary.ts'
import { isProblem } from './outcomes.ts'
import type { Event, JobSummary, TestState } from './protocol.ts'
import { finishedTest, queuedTest, replaceTest, stalledTest, startedTest, updateStep } from './test-state.ts'
import { TestsInOrder } from './tests-in-order.ts'

/** A job with its tests, as a client that watches it keeps it. */
export class JobState {
  /** The version of `summary` */
  v = 0
  /** The job itself, once an event of it has arrived */
  summary: JobSummary | undefined
  /** Its tests by their position in the plan */
  readonly tests = new Map<number, TestState>()
  /** The remaining time in the last `job.progress`. An estimate, not state: merging ignores it */
  estimate: { seconds: number; at: string } | undefined
  // What follows from `tests` is kept with each change: to go through thousands of tests with each frame costs too much.
  /** The sum of the shares of the known outcomes */
  private digestSum = 0
  private readonly inOrder = new TestsInOrder()
  private readonly failing = new TestsInOrder()
  private stalled = 0

  /** Applies an event of this job, or ignores it if the known state is newer. */
  apply(event: Event): void {
    const v = event.v ?? 0
    switch (event.type) {
      case 'job.state':
        this.updateJob(v, summaryOf(event), { winsTie: true })
        for (const test of event.tests) this.changeTest(test.test, test.name, (known) => replaceTest(known, test))
        return
      case 'test.state': {
        const { type, at, job, re, ...state } = event
        return this.changeTest(state.test, state.name, (known) => replaceTest(known, { ...state, v }))
      }
      case 'test.started': {
        const started = startedTest(event, v)
        return this.changeTest(event.test, event.name, (known) => replaceTest(known, started))
      }
      case 'test.stalled': {
        const stalled = stalledTest(event.test, event.name, v)
        return this.changeTest(event.test, event.name, (known) => replaceTest(known, stalled))
      }
      case 'test.finished':
        return this.changeTest(event.test, event.name, (known) => replaceTest(known, finishedTest(event, v)))
      case 'step.started':
      case 'step.finished': {
        const { type, at, job, re, test, ...step } = event
        return this.changeTest(test, '', (known) => updateStep(known, { ...step, v }))
      }
      case 'job.accepted':
        this.updateJob(v, acceptedJob(event))
        return
      case 'job.planned':
      case 'job.progress':
      case 'job.finished':
        if (this.updateJob(v, changedBy(event, this.summary ?? unheardOfJob()))) this.takeEstimate(event)
    }
  }

  /** Whether all outcomes behind the verdict have arrived: the digest of the known outcomes equals the job's digest. */
  isComplete(): boolean {
    return this.summary?.digest !== undefined && this.summary.digest === this.digest()
  }

  /** The digest of the known outcomes. */
  digest(): string {
    return formatDigest(this.digestSum)
  }

  /** How many tests have lost their worker. */
  get stalledTests(): number {
    return this.stalled
  }

  /** The tests that need attention, in the order of the plan; the same array until one of them changes. */
  failingTests(): readonly TestState[] {
    return this.failing.all()
  }

  /** The tests in the order of the plan; the same array until one changes. */
  orderedTests(): readonly TestState[] {
    return this.inOrder.all()
  }

  /**
   * On equal versions, a whole state wins: a state assembled from single updates may lack the fields of a lost
   * update.
   */
  private updateJob(v: number, newer: JobSummary, { winsTie } = { winsTie: false }): boolean {
    const isNewer = this.summary === undefined || v > this.v || (winsTie && v === this.v)
    if (!isNewer) {
      this.identify(newer)
      return false
    }
    this.v = v
    this.summary = newer
    return true
  }

  /** Where a job comes from never changes. If unknown, an older update can still provide it. */
  private identify(older: JobSummary): void {
    if (this.summary === undefined || isIdentified(this.summary)) return
    const { suite, principal, labels, created_at, replay_of, from } = older
    this.summary = { ...this.summary, suite, principal, labels, created_at }
    if (replay_of !== undefined) this.summary.replay_of = replay_of
    if (from !== undefined) this.summary.from = from
  }

  private changeTest(test: number, name: string, change: (known: TestState) => TestState): void {
    const before = this.tests.get(test)
    const known = before ?? queuedTest(test, name)
    const after = change(known.name === '' ? { ...known, name } : known)
    if (after === before) return
    this.tests.set(test, after)
    this.inOrder.put(after)
    if (isProblem(after.outcome)) this.failing.put(after)
    else this.failing.remove(test)
    this.stalled += Number(after.stalled === true) - Number(before?.stalled === true)
    if (before?.outcome !== after.outcome) this.digestSum += shareOf(after) - (before ? shareOf(before) : 0)
  }

  private takeEstimate(event: Event): void {
    const seconds = event.type === 'job.progress' ? event.eta_s : undefined
    this.estimate = seconds === undefined ? undefined : { seconds, at: event.at }
  }
}

/** What a test adds to the digest of its job. */
function shareOf({ test, outcome }: TestState): number {
  return outcome === undefined ? 0 : digestOf(test, outcome)
}
