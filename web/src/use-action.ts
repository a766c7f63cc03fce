import { shallowRef } from 'vue'
import { WireError } from './client/wire-error'

/** Something a button asks for, one at a time. What went wrong is for showing beside the button. */
export function useAction() {
  const problem = shallowRef<string>()
  const isBusy = shallowRef(false)

  /** Whether it was done. */
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

/** What went wrong, and whether it is worth asking again. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error instanceof WireError && error.temporary ? `${error.message}; try again in a moment` : error.message
}
