import { shallowRef } from 'vue'
import { WireError } from 'stepcast-client'

/** Runs the action of a button, one at a time. The component shows `problem` beside the button. */
export function useAction() {
  const problem = shallowRef<string>()
  const isBusy = shallowRef(false)

  /** Returns whether the action succeeded. */
  async function attempt(action: () => Promise<unknown>): Promise<boolean> {
    if (isBusy.value) return false
    isBusy.value = true
    problem.value = undefined
    await action().catch((error: unknown) => (problem.value = sentenceOf(error)))
    isBusy.value = false
    return problem.value === undefined
  }

  return { problem, isBusy, attempt }
}

/** The message of an error, with a hint to retry if the error is temporary. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error instanceof WireError && error.temporary ? `${error.message}; try again in a moment` : error.message
}
