import type { Run } from 'stepcast-client'
import { SuiteText } from 'stepcast-client/suite'
import { parseAssignments } from './assignments'
import { type Secret, secretValues } from './secrets'
import { draft } from './run-draft'

/** A problem that prevents a draft from running. */
export interface Problem {
  message: string
  hint?: string
  path?: string
  line?: number
  column?: number
  offset?: number
}

export class Unready extends Error {
  constructor(readonly problems: Problem[]) {
    super('the form has problems that must be fixed first')
  }
}

/** The run that the draft describes. Throws an `Unready` with all its problems. */
export function wishedRun(secrets: readonly Secret[]): Run {
  const run: Run = {
    ...withValues('vars', valuesOf('Variables', parseAssignments(draft.vars))),
    ...withValues('secrets', valuesOf('Secrets', secretValues(secrets))),
    ...withValues('labels', valuesOf('Labels', parseAssignments(draft.labels))),
  }
  const tags = draft.tags.split('\n').flatMap((line) => line.trim() || [])
  if (tags.length > 0) run.tags = tags
  if (draft.maxFailures !== '') run.max_failures = draft.maxFailures
  if (draft.timeLimit !== '') run.time_limit_s = draft.timeLimit
  if (draft.evidence !== '') run.evidence = draft.evidence
  return { suite: draft.source === 'text' ? readSuite() : chosenSuite(), ...run }
}

/** The suite in the text field, which the panel of a finished job shows too. Throws an `Unready` if it is missing or invalid. */
export function readSuite(): object {
  if (draft.text.trim() === '') throw new Unready([{ message: 'paste or write a suite first' }])
  const { suite, problems } = new SuiteText(draft.text)
  if (suite === undefined) throw new Unready(problems)
  return suite
}

/** The values of a field. Throws an `Unready` that names the field if it has problems. */
export function valuesOf(path: string, { values, problems }: ReturnType<typeof parseAssignments>) {
  if (problems.length > 0) throw new Unready(problems.map((message) => ({ path, message })))
  return values
}

/** An object with the values under `name`, or an empty object if there are none. */
export function withValues<K extends string>(name: K, values: Record<string, string>) {
  return (Object.keys(values).length > 0 ? { [name]: values } : {}) as { [key in K]?: Record<string, string> }
}

function chosenSuite(): string {
  if (draft.stored === '') throw new Unready([{ message: 'choose a stored suite first' }])
  return draft.stored
}
