import { shallowRef } from 'vue'
import { WireError } from 'stepcast-client'
import { type Problem, Unready } from './run-wish'
import { sentenceOf } from './use-action'

/** Submits a form, one at a time, and collects its problems. `locate` finds the position of a path in the input. */
export function useProblems(locate?: () => (path: string) => Partial<Problem> | undefined) {
  const problems = shallowRef<Problem[]>([])
  const isBusy = shallowRef(false)

  async function attempt(action: () => Promise<void>): Promise<void> {
    if (isBusy.value) return
    isBusy.value = true
    problems.value = []
    await action().catch((error: unknown) => (problems.value = problemsOf(error, locate?.())))
    isBusy.value = false
  }

  return { problems, isBusy, attempt }
}

function problemsOf(error: unknown, locate?: (path: string) => Partial<Problem> | undefined): Problem[] {
  if (error instanceof Unready) return error.problems
  if (!(error instanceof WireError) || error.problems.length === 0) return [{ message: sentenceOf(error) }]
  return error.problems.map((problem) => ({ ...problem, ...locate?.(problem.path) }))
}
