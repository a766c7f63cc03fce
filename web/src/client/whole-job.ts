import type { Clock } from './clock.ts'
import type { Answer } from './commands.ts'
import type { Source } from './source.ts'
import { JobState } from './state.ts'
import { WireError } from './wire-error.ts'

type Page = Answer<'job.state'>

/** How long the pages after the first may take */
const PAGES_TIMEOUT_MS = 60_000

/**
 * Requests the whole state of a job, with the steps of all tests, which a watcher of the tests does not have. Throws if a
 * page is missing, and if the job has ended and the outcomes are not those of its verdict.
 */
export async function wholeJob(source: Source, job: string, clock: Clock): Promise<JobState> {
  const heard: Page[] = []
  let isHeard: (() => void) | undefined
  let isRefused: ((error: Answer<'error'>) => void) | undefined
  // The first page is the answer. The others are events, and the state that is shown takes them too.
  const stop = source.onEvent((event) => {
    if (event.type === 'error') isRefused?.(event)
    if (event.type !== 'job.state' || event.job !== job) return
    heard.push(event)
    isHeard?.()
  })
  try {
    const first = await source.request({ action: 'job', job })
    if (first.type !== 'job.state') throw new WireError('internal', `got \`${first.type}\` as the answer`, false)
    // Another answer for the same job can arrive at the same time.
    const pages = () => [first, ...heard.filter(({ re }) => re === first.re)]
    await new Promise<void>((resolve, reject) => {
      const late = WireError.unavailable('some of the tests did not arrive')
      const timer = clock.after(PAGES_TIMEOUT_MS, () => reject(late))
      isHeard = () => {
        if (new Set(pages().map(({ page }) => page)).size < first.pages) return
        clock.cancel(timer)
        resolve()
      }
      // A server drops the rest of an answer that is read too slowly, and says so.
      isRefused = (error) => {
        if (error.re === first.re) reject(WireError.from(error))
      }
      isHeard()
    })
    return stateOf(pages())
  } finally {
    stop()
  }
}

function stateOf(pages: readonly Page[]): JobState {
  const state = new JobState()
  for (const page of pages) state.apply(page)
  if (state.summary?.status === 'finished' && !state.isComplete()) {
    throw WireError.unavailable('some results have not arrived yet')
  }
  return state
}
