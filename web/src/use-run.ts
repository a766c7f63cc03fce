import { type Ref, shallowRef, watch } from 'vue'
import { newIdempotencyKey } from 'stepcast-client/dashboard'
import { SuiteText } from 'stepcast-client/suite'
import type { Secret } from './secrets'
import { useStore } from './dashboard'
import { goTo } from './route'
import { draft } from './run-draft'
import { readSuite, wishedRun } from './run-wish'
import { useProblems } from './use-problems'

const NO_WISH = { draft: '', key: '' }

/**
 * Runs or stores the suite in the run box, and reports its problems. The secrets are deleted once the server has them;
 * until then they stay, so that the user can fix a rejected suite and send it again.
 */
export function useRun(secrets: Ref<Secret[]>) {
  const store = useStore()
  const said = shallowRef('')
  const { problems, isBusy, attempt } = useProblems(() => {
    const text = draft.source === 'text' ? new SuiteText(draft.text) : undefined
    return (path) => text?.locate(path)
  })
  let lastWish = NO_WISH

  // The compared draft must not contain secrets, so a changed secret always gets a new key.
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

  /** The same key while the draft is unchanged, so that sending it again after a lost answer starts no second job. */
  function keyOfWish(): string {
    const now = JSON.stringify(draft)
    if (lastWish.draft !== now) lastWish = { draft: now, key: newIdempotencyKey() }
    return lastWish.key
  }

  return { problems, said, isBusy, run, storeSuite }
}
