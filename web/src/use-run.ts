import { shallowRef } from 'vue'
import { parseAssignments } from './client/assignments'
import type { Run } from './client/protocol'
import { newIdempotencyKey } from './client/run'
import { SuiteText } from './client/suite-text'
import { WireError } from './client/wire-error'
import { useStore } from './dashboard'
import { goTo } from './route'
import { draft } from './run-draft'

/** One thing that keeps a draft from being run. */
export interface Problem {
  message: string
  hint?: string
  path?: string
  line?: number
  column?: number
  offset?: number
}

class Unready extends Error {
  constructor(readonly problems: Problem[]) {
    super('there is something to mend first')
  }
}

/** Runs or stores what stands in the run box, and says what is wrong with it. */
export function useRun() {
  const store = useStore()
  const problems = shallowRef<Problem[]>([])
  const said = shallowRef('')
  const isBusy = shallowRef(false)
  let lastWish = { draft: '', key: '' }

  async function attempt(action: () => Promise<void>): Promise<void> {
    if (isBusy.value) return
    isBusy.value = true
    problems.value = []
    said.value = ''
    await action().catch((error: unknown) => (problems.value = problemsOf(error)))
    isBusy.value = false
  }

  const run = () =>
    attempt(async () => {
      const job = await store.run({ ...wishedRun(), idempotency_key: keyOfWish() })
      lastWish = { draft: '', key: '' }
      goTo({ page: 'job', job })
    })

  const storeSuite = () =>
    attempt(async () => {
      await store.putSuite(readSuite())
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

function wishedRun(): Run {
  const { values, problems } = parseAssignments(draft.vars)
  if (problems.length > 0) throw new Unready(problems.map((message) => ({ path: 'Variables', message })))
  const vars = Object.keys(values).length > 0 ? { vars: values } : {}
  if (draft.source === 'text') return { suite: readSuite(), ...vars }
  if (draft.stored === '') throw new Unready([{ message: 'choose a stored suite first' }])
  return { suite: draft.stored, ...vars }
}

function readSuite(): object {
  if (draft.text.trim() === '') throw new Unready([{ message: 'paste or write a suite first' }])
  const { suite, problems } = new SuiteText(draft.text)
  if (suite === undefined) throw new Unready(problems)
  return suite
}

/** Everything that is wrong, with its place in the text where the server's path leads to one. */
function problemsOf(error: unknown): Problem[] {
  if (error instanceof Unready) return error.problems
  if (!(error instanceof WireError) || error.problems.length === 0) {
    return [{ message: error instanceof Error ? error.message : String(error) }]
  }
  const text = draft.source === 'text' ? new SuiteText(draft.text) : undefined
  return error.problems.map((problem) => ({ ...problem, ...text?.locate(problem.path) }))
}
