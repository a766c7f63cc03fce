import type { Event, StepState, TestFinished, TestState } from './protocol.ts'

type TestStarted = Extract<Event, { type: 'test.started' }>

// These states are never changed in place. An update returns a new object, so that components can detect a change by
// comparing references. If nothing changes, the same object is returned.

/** A test that no worker has started. */
export function queuedTest(test: number, name: string): TestState {
  return { test, name, v: 0, status: 'queued', attempt: 0, steps: [] }
}

/** The state of a test after `test.started`. */
export function startedTest({ test, name, attempt, earlier }: TestStarted, v: number): TestState {
  const started: TestState = { ...queuedTest(test, name), v, status: 'running', attempt }
  return earlier === undefined ? started : { ...started, earlier }
}

/** The state of a test after `test.finished`. */
export function finishedTest(event: TestFinished, v: number): TestState {
  const { test, name, outcome, duration_ms, attempt = 0, change, ran, from, steps = [], earlier } = event
  const finished: TestState = { test, name, v, status: 'finished', attempt, outcome, duration_ms, steps }
  if (change !== undefined) finished.change = change
  if (ran !== undefined) finished.ran = ran
  if (from !== undefined) finished.from = from
  if (earlier !== undefined) finished.earlier = earlier
  return finished
}

const UPDATES_PER_LEASE = 1_000_000

/**
 * Replaces the known state if `newer` has a higher version, or the same version and more of it: a watcher may get only
 * a part. Keeps known steps that are newer.
 */
export function replaceTest(known: TestState, newer: TestState): TestState {
  const isNewer = newer.v > known.v || (newer.v === known.v && size(newer) > size(known))
  const replaced = isNewer ? withoutStalled(merged(known, newer)) : known
  const stays = known.stalled === true && isStalledBy(replaced, newestLease(known))
  const begins = newer.stalled === true && isStalledBy(replaced, leaseOf(newer.v))
  return stays || begins ? asStalled(replaced) : replaced
}

/** Updates one step, unless the test or that step is already known at this version or a newer one. */
export function updateStep(known: TestState, step: StepState & { v: number }): TestState {
  const sameStep = known.steps.find((other) => other.step === step.step)
  if (step.v <= known.v || (sameStep?.v !== undefined && sameStep.v >= step.v)) return known
  const updated = withoutWaiting({ ...known, steps: putStep(known.steps, step) })
  return isStalledBy(updated, newestLease(known)) ? updated : withoutStalled(updated)
}

/** The state of a test after `test.stalled`: its worker stopped responding. */
export function stalledTest(test: number, name: string, v: number): TestState {
  return { ...queuedTest(test, name), v, status: 'running', stalled: true }
}

/** A stalled lease counts only while it is the newest known lease. */
function isStalledBy(test: TestState, lease: number): boolean {
  return test.status !== 'finished' && lease === newestLease(test)
}

/** How many steps and checks there are, in all attempts. */
function size({ steps, earlier = [] }: TestState): number {
  const all = [...steps, ...earlier.flatMap((attempt) => attempt.steps)]
  return all.reduce((sum, { checks = [] }) => sum + 1 + checks.length, 0)
}

function newestLease({ v, steps }: TestState): number {
  return leaseOf(Math.max(v, ...steps.map((step) => step.v ?? 0)))
}

function leaseOf(v: number): number {
  return Math.floor(v / UPDATES_PER_LEASE)
}

function asStalled(test: TestState): TestState {
  return test.stalled === true ? test : { ...test, stalled: true }
}

function withoutStalled({ stalled, ...test }: TestState): TestState {
  return test
}

function withoutWaiting({ waiting_for, ...test }: TestState): TestState {
  return test
}

/** The newer state with the known steps that are newer still. Its request does not wait any more if there are any. */
function merged(known: TestState, newer: TestState): TestState {
  const later = known.steps.filter((step) => step.v !== undefined && step.v > newer.v)
  if (later.length === 0) return newer
  return withoutWaiting({ ...newer, steps: later.reduce(putStep, newer.steps) })
}

function putStep(steps: StepState[], step: StepState): StepState[] {
  const others = steps.filter((other) => other.step !== step.step)
  const at = others.findIndex((other) => other.step > step.step)
  return at === -1 ? [...others, step] : others.toSpliced(at, 0, step)
}
