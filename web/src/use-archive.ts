import { onScopeDispose, shallowRef } from 'vue'
import type { TestState } from 'stepcast-client'
import { systemClock } from 'stepcast-client/dashboard'
import { useStore } from './dashboard'
import { plural } from './format'
import { saveFile } from './save-file'
import { useAction } from './use-action'

/** Saves what tests sent and received as an HTTP archive. It takes as many requests as there are tests, or more. */
export function useArchive() {
  const { commands } = useStore()
  const { problem, isBusy, attempt } = useAction()
  /** How many tests are done, and of how many */
  const progress = shallowRef({ done: 0, of: 0 })
  /** What is not in the file that was saved */
  const said = shallowRef('')
  let ended: AbortController | undefined

  const save = (job: string, name: string, tests: readonly TestState[]) =>
    attempt(async () => {
      const { archiveOf, MOST_TESTS } = await import('./report/har-of-tests')
      const of = Math.min(tests.length, MOST_TESTS)
      const { signal } = (ended = new AbortController())
      const onTest = (done: number) => (progress.value = { done, of })
      said.value = ''
      onTest(0)
      try {
        const { archive, gone, leftOut } = await archiveOf(job, tests, { commands, clock: systemClock, signal, onTest })
        if (archive.isEmpty) throw new Error('nothing of it is kept any more')
        saveFile(name, 'application/json', archive.pieces())
        said.value = whatIsMissing(gone, leftOut)
      } catch (error) {
        // Whoever cancelled it knows.
        if (!signal.aborted) throw error
      }
    })

  const cancel = () => ended?.abort()
  onScopeDispose(cancel)
  return { problem, isBusy, progress, said, save, cancel }
}

function whatIsMissing(gone: number, leftOut: number): string {
  const parts = [
    gone === 0 ? '' : `${plural(gone, 'attempt')} no longer kept`,
    leftOut === 0 ? '' : `${plural(leftOut, 'test')} for which there was no room`,
  ].filter(Boolean)
  return parts.length === 0 ? '' : `Saved without ${parts.join(' and ')}`
}
