import type { JobStatus, Outcome, TestState, TestStatus, Verdict } from 'stepcast-client'

/** Everything that has its own mark. */
export type Kind = Outcome | Verdict | TestStatus | JobStatus | 'stalled'

/** The mark of a test. */
export function kindOf({ outcome, status, stalled }: TestState): Kind {
  return outcome ?? (stalled === true ? 'stalled' : status)
}
