import { shallowRef } from 'vue'
import { type Evidence, evidenceOf, type StepOfAttempt } from 'stepcast-client/dashboard'
import { useStore } from './dashboard'
import { useAction } from './use-action'

/** What a step sent and received; `undefined` until it was asked for and the answer is there. */
export function useEvidence(of: () => StepOfAttempt) {
  const { commands } = useStore()
  const { problem, isBusy, attempt } = useAction()
  const evidence = shallowRef<Evidence>()

  /** Asks once: what is kept does not change. After a problem it asks again. */
  async function ask(): Promise<void> {
    if (evidence.value === undefined) await attempt(async () => (evidence.value = await evidenceOf(commands, of())))
  }

  return { evidence, problem, isBusy, ask }
}
