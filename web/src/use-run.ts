import { type Ref, shallowRef, watch } from 'vue'
import { newIdempotencyKey } from './client/run'
import type { Secret } from './client/secrets'
import { SuiteText } from './client/suite-text'
import { useStore } from './dashboard'
import { goTo } from './route'
import { draft } from './run-draft'
import { readSuite, wishedRun } from './run-wish'
import { useProblems } from './use-problems'

const NO_WISH = { draft: '', key: '' }

/**
 * Runs or stores what stands in the run box, and says what is wrong with it. The secrets are forgotten once the server
 * has them; until then they stay, so that a suite that was refused can be mended and sent again.
 */
export function useRun(secrets: Ref<Secret[]>) {
  const store = useStore()
  const said = shallowRef('')
  const { problems, isBusy, attempt } = useProblems(() => {
    const text = draft.source === 'text' ? new SuiteText(draft.text) : undefined
    return (path) => text?.locate(path)
  })
  let lastWish = NO_WISH

  // What is compared must not hold the secrets, so a change of them is a new wish.
  watch(secrets, () => (lastWish = NO_WISH), { deep: true, flush: 'sync' })

  const run = () =>
    attempt(async () => {
      said.value = ''
      const job = await store.run({ ...wishedRun(secrets.value), idempotency_key: keyOfWish() })
      secrets.value = []
      lastWish = NO_WISH
      goTo({ page: 'job', job })
    })

  const storeSuite = () =>
    attempt(async () => {
      said.value = ''
      await store.commands.putSuite(readSuite())
      said.value = 'Stored'
    })

  /** The same draft sent again after a lost answer is the same wish, and must not become a second job. */
  function keyOfWish(): string {
    const now = JSON.stringify(draft)
    if (lastWish.draft !== now) lastWish = { draft: now, key: newIdempotencyKey() }
    return lastWish.key
  }

  return { problems, said, isBusy, run, storeSuite }
}
