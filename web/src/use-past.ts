import { type ShallowRef, shallowRef, toValue, watchEffect } from 'vue'
import type { MaybeRefOrGetter } from 'vue'
import type { PastOutcome } from 'stepcast-client'
import { useStore } from './dashboard'
import { medianOf } from './durations'
import { sentenceOf } from './use-action'

/** The most that the server tells of */
const MOST_JOBS = 50

/** Few, so that the past of more tests fits in one answer */
const JOBS_FOR_A_MEDIAN = 5

/** In a suite with more tests, their past does not fit in one answer, however few jobs it tells of */
export const MOST_TESTS_WITH_A_MEDIAN = 200

/** How long a test is open before its past is asked for: not for each test that one passes with the arrow keys. */
const PAUSE_MS = 200

/** The tests of which past? Without a branch, that of the jobs that have no label `branch`. */
export interface Ancestry {
  suite: string
  branch?: string | undefined
}

/** How a test ended in earlier jobs, the oldest first; `undefined` until the answer is there. */
export function usePast(of: MaybeRefOrGetter<Ancestry & { name: string }>) {
  const { commands } = useStore()
  const past = shallowRef<PastOutcome[]>()
  const problem = shallowRef<string>()

  watchEffect((onCleanup) => {
    const { name: test, ...ancestry } = toValue(of)
    let isCurrent = true
    past.value = problem.value = undefined
    const ask = () =>
      commands.history({ ...queryOf(ancestry), test, limit: MOST_JOBS }).then(
        (answer) => {
          if (isCurrent) past.value = answer.tests.find(({ name }) => name === test)?.outcomes.toReversed() ?? []
        },
        (error: unknown) => {
          if (isCurrent) problem.value = sentenceOf(error)
        },
      )
    const timer = setTimeout(ask, PAUSE_MS)
    onCleanup(() => {
      isCurrent = false
      clearTimeout(timer)
    })
  })
  return { past, problem }
}

/**
 * How long each test of a suite took in other jobs: the median by the name of the test. One request answers for all
 * tests. For a suite whose past does not fit in one answer it stays empty, because only some tests would have a median.
 * `of` is `undefined` as long as nothing is to be asked.
 */
export function useUsualDurations(
  job: MaybeRefOrGetter<string>,
  of: MaybeRefOrGetter<Ancestry | undefined>,
): Readonly<ShallowRef<ReadonlyMap<string, number>>> {
  const { commands } = useStore()
  const medians = shallowRef<ReadonlyMap<string, number>>(new Map())

  watchEffect((onCleanup) => {
    const ancestry = toValue(of)
    const own = toValue(job)
    let isCurrent = true
    onCleanup(() => (isCurrent = false))
    medians.value = new Map()
    if (ancestry === undefined) return
    commands.history({ ...queryOf(ancestry), limit: JOBS_FOR_A_MEDIAN }).then(
      ({ tests, cursor }) => {
        if (!isCurrent || cursor !== undefined) return
        medians.value = new Map(tests.flatMap(({ name, outcomes }) => medianIn(name, outcomes, own)))
      },
      // The page is complete without it.
      () => undefined,
    )
  })
  return medians
}

function medianIn(name: string, outcomes: readonly PastOutcome[], own: string): [string, number][] {
  const median = medianOf(outcomes.filter(({ job }) => job !== own).map(({ duration_ms }) => duration_ms))
  return median === undefined ? [] : [[name, median]]
}

function queryOf({ suite, branch }: Ancestry): { suite: string; branch?: string } {
  return branch === undefined ? { suite } : { suite, branch }
}
