import type { StepState, TestFinished, TestState } from './protocol'

// The states here are never changed in place: an update makes a new object, so that whoever shows one can tell by
// comparing references whether there is anything to do. Where nothing changes the same object comes back.

/** A test nobody has started. */
export function queuedTest(test: number, name: string): TestState {
  return { test, name, v: 0, status: 'queued', attempt: 0, steps: [] }
}

/** What `test.finished` says, as a state. */
export function finishedTest(event: TestFinished, v: number): TestState {
  const { test, name, outcome, duration_ms, attempt = 0, steps = [] } = event
  return { test, name, v, status: 'finished', attempt, outcome, duration_ms, steps }
}

/** Takes a whole state in where it is newer; steps that are newer still are kept. */
export function replaceTest(known: TestState, newer: TestState): TestState {
  if (newer.v <= known.v) return known
  const later = known.steps.filter((step) => step.v !== undefined && step.v > newer.v)
  return { ...newer, steps: later.reduce(putStep, newer.steps) }
}

/** Takes one step in, unless the test or that step is already known at this version or a newer one. */
export function updateStep(known: TestState, step: StepState & { v: number }): TestState {
  const sameStep = known.steps.find((other) => other.step === step.step)
  if (step.v <= known.v || (sameStep?.v !== undefined && sameStep.v >= step.v)) return known
  return { ...known, steps: putStep(known.steps, step) }
}

function putStep(steps: StepState[], step: StepState): StepState[] {
  const others = steps.filter((other) => other.step !== step.step)
  const at = others.findIndex((other) => other.step > step.step)
  return at === -1 ? [...others, step] : others.toSpliced(at, 0, step)
}
