import type { Change, Counts, Outcome } from './protocol.ts'

/** Every outcome, in the order they are counted and shown. */
export const OUTCOMES = ['passed', 'failed', 'errored', 'blocked', 'flaky', 'skipped', 'cancelled'] as const

/** Whether the test passed, at the first try or on a retry. */
export function isPass(outcome: Outcome): boolean {
  return outcome === 'passed' || outcome === 'flaky'
}

/** Whether the outcome needs attention. */
export function isProblem(outcome: Outcome | undefined): boolean {
  return outcome === 'failed' || outcome === 'errored' || outcome === 'blocked'
}

/** How a test's outcome differs from earlier runs, in words; empty if it does not differ. */
export function changeWords(change: Change | undefined): string {
  return change?.replace('_', ' ') ?? ''
}

export function noCounts(): Counts {
  return { total: 0, passed: 0, failed: 0, errored: 0, blocked: 0, flaky: 0, skipped: 0, cancelled: 0 }
}

/** How many tests have ended. */
export function finishedOf(counts: Counts): number {
  return OUTCOMES.reduce((sum, outcome) => sum + counts[outcome], 0)
}

/** How much of the plan is done, 0 to 100. */
export function percentOf(counts: Counts): number {
  if (counts.total === 0) return 0
  return Math.floor((Math.min(finishedOf(counts), counts.total) * 100) / counts.total)
}
