import type { JobStatus, Outcome, TestState, TestStatus, Verdict } from './client/protocol'

/** Everything that has a mark of its own. */
export type Kind = Outcome | Verdict | TestStatus | JobStatus | 'stalled'

/** What a test is marked with. */
export function kindOf({ outcome, status, stalled }: TestState): Kind {
  return outcome ?? (stalled === true ? 'stalled' : status)
}
