import type { SincePassed, TestState } from 'stepcast-client'
import { shortened } from './evidence/shortened'
import { plural } from './format'

/** More lines are only counted */
const MOST_LINES = 10

/** Longer lines are cut, in characters */
const MOST_LINE_CHARACTERS = 400

/** What changed since a test passed, in lines of bounded number and length. */
export interface ChangedLines {
  lines: string[]
  /** How many more differences there are */
  more: number
}

export function changedLines({ lines, more }: SincePassed): ChangedLines {
  const shown = lines.slice(0, MOST_LINES).map((line) => shortened(line, MOST_LINE_CHARACTERS))
  return { lines: shown, more: more + lines.length - shown.length }
}

/** The most telling change since a test passed, in a line; empty if it is not known what changed. */
export function changedLine({ steps }: TestState): string {
  const since = steps.find(({ since_passed }) => since_passed !== undefined)?.since_passed
  if (since === undefined) return ''
  const { lines, more } = changedLines(since)
  return lines[0] ?? (more > 0 ? plural(more, 'difference') : SAME_ANSWER)
}

const SAME_ANSWER = 'the same answer'

/** The change that most of some tests have, and how many have it; `undefined` if it is not known of any. */
export function commonChange(tests: readonly TestState[]): { line: string; tests: number } | undefined {
  const counts = new Map<string, number>()
  for (const test of tests) {
    const line = changedLine(test)
    if (line !== '') counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted(([, one], [, other]) => other - one)
  return most && { line: most[0], tests: most[1] }
}
