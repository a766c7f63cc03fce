import type { Change, Counts, Outcome } from './protocol'

/** Every outcome, in the order they are counted and shown. */
export const OUTCOMES = ['passed', 'failed', 'errored', 'blocked', 'flaky', 'skipped', 'cancelled'] as const

/** Whether this is good news: passed, if need be on a retry. */
export function isPass(outcome: Outcome): boolean {
  return outcome === 'passed' || outcome === 'flaky'
}

/** Whether somebody should look at it. */
export function isProblem(outcome: Outcome | undefined): boolean {
  return outcome === 'failed' || outcome === 'errored' || outcome === 'blocked'
}

/** What a test's end is beside the runs before it, in words; nothing, where it is nothing new. */
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
