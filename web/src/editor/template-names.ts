import { childOf } from './applicable'
import type { Place } from './places'
import { isMapping, type Path } from './schema'

/** A name that a template can use. */
export interface TemplateName {
  name: string
  description: string
}

const VARIABLE = /^[\p{Alphabetic}\p{N}_-]+$/u
const SECRET = /(?<!\$)\$\{ *(secret\.[\p{Alphabetic}\p{N}_.-]+) *\}/gu
/** In the order in which they run. A test without `steps` is a step itself. */
const STEP_LISTS = ['setup', 'steps', 'teardown']

const MADE: readonly TemplateName[] = [
  { name: 'new.uuid', description: 'A random UUID, another in each attempt at the test' },
  { name: 'new.date', description: 'The time when the attempt at the test began, in UTC' },
]

/**
 * The names that have a value at a place of a suite, the nearest first. `text` is that of the suite: the secrets that it
 * uses may be used again. What another file or the run brings is not known here.
 */
export function namesAt({ path, isKey }: Place, suite: unknown, text: string): TemplateName[] {
  const [part, place, key] = path
  if (!isFilledIn(path, isKey)) return []
  const vars = namesOf(childOf(suite, 'vars')).filter((name) => part !== 'vars' || name !== place)
  const shared = [...named(vars, 'A variable of the suite'), ...MADE]
  const test = part === 'tests' && place !== undefined ? childOf(childOf(suite, 'tests'), place) : undefined
  const each = named(eachNames(childOf(test, 'each')), 'A value of `each`')
  if (isNameOfTest(path)) return each
  if (part === 'tests' && key === 'each') return shared
  const page = key === 'discover' || childOf(test, 'discover') === undefined ? [] : ['page']
  return withoutRepeated([
    ...named(captures(test, path.slice(2)), 'Captured by this test'),
    ...named(page, 'The address of the discovered page'),
    ...each,
    ...shared,
    ...named(secretsIn(text), 'A secret, which comes with the run'),
  ])
}

/** What is not a text of a suite is not filled in, nor is a JSON Schema or any key but the name of a header. */
function isFilledIn(path: Path, isKey: boolean): boolean {
  if (path[0] === 'suite' || path[0] === 'include') return false
  if (isKey) return path.at(-2) === 'headers'
  return !(path.includes('schema') && (path[0] === 'checks' || path.includes('expect')))
}

function isNameOfTest(path: Path): boolean {
  return path.length === 3 && path[0] === 'tests' && path[2] === 'name'
}

/** The names that each of the lists and tables of `each` gives a value. */
function eachNames(each: unknown): string[] {
  if (!isMapping(each)) return []
  return Object.entries(each).flatMap(([name, values]) => {
    if (name === 'csv' && typeof values === 'string') return columnsOf(values)
    if (name === 'json' && typeof values === 'string') return []
    const row = name === 'json' && Array.isArray(values) ? values.find(isMapping) : undefined
    return row === undefined ? known([name]) : namesOf(row)
  })
}

/** A table begins with the names of its columns. A single line is the name of a file. */
function columnsOf(table: string): string[] {
  const end = table.indexOf('\n')
  const columns = table
    .slice(0, Math.max(0, end))
    .replace(/^\ufeff/, '')
    .split(',')
  return known(
    columns.map((column) =>
      column
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .trim(),
    ),
  )
}

/** What the steps before the one at a path have captured, and the step itself for its checks; the last first. */
function captures(test: unknown, path: Path): string[] {
  const steps = STEP_LISTS.flatMap((list) => {
    const listed = childOf(test, list)
    if (Array.isArray(listed)) return listed.map((step: unknown, index) => ({ step, within: [list, index] }))
    return list === 'steps' ? [{ step: test, within: [] }] : []
  })
  const around = (depth: number) =>
    steps.findIndex(({ within }) => within.length === depth && within.every((part, place) => path[place] === part))
  const listed = around(2)
  const here = listed === -1 ? around(0) : listed
  const isCheck = path[steps[here]?.within.length ?? 0] === 'expect'
  const before = steps.slice(0, here === -1 ? 0 : here + Number(isCheck))
  return before.reverse().flatMap(({ step }) => namesOf(childOf(step, 'capture')))
}

function secretsIn(text: string): string[] {
  return Array.from(text.matchAll(SECRET), ([, name = '']) => name)
}

function namesOf(value: unknown): string[] {
  return isMapping(value) ? known(Object.keys(value)) : []
}

/** The mark of the cursor is no name, and neither is anything else that a template cannot use. */
function known(names: readonly string[]): string[] {
  return names.filter((name) => VARIABLE.test(name))
}

function named(names: readonly string[], description: string): TemplateName[] {
  return names.map((name) => ({ name, description }))
}

/** A nearer value covers those of the same name. */
function withoutRepeated(all: readonly TemplateName[]): TemplateName[] {
  const seen = new Set<string>()
  return all.filter(({ name }) => !seen.has(name) && seen.add(name))
}
