import { type Clock, type TestState, WireError } from 'stepcast-client'
import {
  type AttemptEvidence,
  attemptEvidence,
  type AttemptOfTest,
  backoff,
  type Commands,
} from 'stepcast-client/dashboard'
import { keptAttempts } from '../test-evidence'
import { Archive } from './har'

/** An archive of more tests would take minutes, and be too large to open */
export const MOST_TESTS = 100

/** How often an attempt is asked for if the server has no time for it */
const MOST_TRIES = 6

export interface ArchiveOptions {
  commands: Pick<Commands, 'evidence'>
  clock: Clock
  /** No request follows once it is aborted */
  signal: AbortSignal
  /** Called after each test with how many are done */
  onTest(done: number): void
  archive?: Archive
}

/** What became of the tests that an archive was asked for. */
export interface ArchiveOfTests {
  archive: Archive
  /** How many attempts are not kept any more */
  gone: number
  /** How many tests there was no room for */
  leftOut: number
}

/**
 * Collects what tests of a job sent and received in all of their attempts, one after the other. What is not kept any more
 * is left out; any other error ends it.
 */
export async function archiveOf(
  job: string,
  tests: readonly TestState[],
  options: ArchiveOptions,
): Promise<ArchiveOfTests> {
  const { archive = new Archive(), onTest } = options
  const wanted = tests.slice(0, MOST_TESTS)
  let gone = 0
  for (const [done, test] of wanted.entries()) {
    onTest(done)
    for (const attempt of keptAttempts(test)) {
      const kept = await unlessGone(patiently({ job, test: test.test, attempt: attempt.attempt }, options))
      if (kept === undefined) gone += 1
      else if (!archive.add(attempt, kept)) return { archive, gone, leftOut: tests.length - done }
    }
  }
  onTest(wanted.length)
  return { archive, gone, leftOut: tests.length - wanted.length }
}

/** Asks again if the server says that it has no time now: it limits how many commands one user sends. */
async function patiently(of: AttemptOfTest, { commands, clock, signal }: ArchiveOptions): Promise<AttemptEvidence> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attemptEvidence(commands, of, signal)
    } catch (error) {
      const isTemporary = error instanceof WireError && error.temporary
      if (!isTemporary || tries === MOST_TRIES) throw error
      await new Promise<void>((resolve) => {
        clock.after(backoff(tries, clock), resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }
}

async function unlessGone(kept: Promise<AttemptEvidence>): Promise<AttemptEvidence | undefined> {
  return kept.catch((error: unknown) => {
    if (error instanceof WireError && error.code === 'not_found') return undefined
    throw error
  })
}
