import { isMapping, nameOfDefinition, type Schema } from './schema'

// The words of problems. They are those of `stepcast lint`, so that both say the same about the same mistake.

const LONGEST_QUOTE = 60
/** Longer words are not compared: comparing takes time quadratic in the length. */
const LONGEST_COMPARED = 64

const TYPES: Record<string, string> = {
  string: 'text',
  object: 'a mapping',
  array: 'a list',
  boolean: '`true` or `false`',
  integer: 'a whole number',
  number: 'a number',
  null: 'nothing',
}

const DEFINITIONS: Record<string, string> = {
  // Nearly every value may be a template.
  template: '',
  duration: 'a duration like `800ms`, `10s` or `1m30s`',
  address: 'an absolute address like `https://shop.example/`',
  json_path: 'a JSONPath like `$.items[0].name`',
  date: 'a date like `2026-01-31` or `now-7d`',
  header_name: 'the name of a header',
  variable_name: 'the name of a variable: letters, digits, `_` and `-`',
}

/** Whether there are words for a definition as a whole. */
export function isNamed(reference: string): boolean {
  return Object.hasOwn(DEFINITIONS, nameOfDefinition(reference))
}

/** What a rule expects, or an empty text if that goes without saying. */
export function expectation(rule: Schema): string {
  if (rule.$ref !== undefined && isNamed(rule.$ref)) return DEFINITIONS[nameOfDefinition(rule.$ref)] ?? ''
  if (rule.enum !== undefined) return oneOf(rule.enum.map(String))
  if (rule.examples !== undefined) return `something like ${rule.examples.map(inBackticks).join(' or ')}`
  const types = [rule.type ?? []].flat()
  if (types.includes('string')) return rule.pattern === '^[1-5]xx$' ? 'a class like `2xx`' : 'text'
  const [type] = types
  if (type === undefined || type === 'null') return ''
  return `${TYPES[type] ?? type}${bounds(rule)}`
}

function bounds({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return ''
  return maximum === undefined ? ` from ${minimum}` : ` from ${minimum} to ${maximum}`
}

export function oneOf(words: readonly string[]): string {
  return words.length <= 2 ? words.map(inBackticks).join(' or ') : `one of ${words.join(', ')}`
}

/** `expected a list, found text`, and which text if one was expected. */
export function otherThan(expected: string, value: unknown): string {
  if (expected === '') return `${quote(value)} is not allowed here`
  return `expected ${expected}, found ${/^(a mapping|a list|text)$/.test(expected) ? kindOf(value) : quote(value)}`
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'text'
  if (typeof value === 'object') return isMapping(value) ? 'a mapping' : 'a list'
  return typeof value === 'boolean' ? 'a boolean' : 'a number'
}

function quote(value: unknown): string {
  if (typeof value === 'string' && value !== '') return `the text ${inBackticks(value)}`
  if (typeof value === 'number') return `the number ${value}`
  return typeof value === 'boolean' ? inBackticks(value) : kindOf(value)
}

export function inBackticks(value: unknown): string {
  const text = String(value).trim().replaceAll(/\s+/g, ' ')
  return `\`${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}\``
}

/** The hint for a word that is not known here. */
export function hintFor(word: string, known: readonly string[]): string {
  const near = closest(word.toLowerCase().replaceAll('-', '_'), known)
  return near === undefined ? `known here: ${known.join(', ')}` : `did you mean \`${near}\`?`
}

/** The known word with almost the same spelling. */
export function closest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST_COMPARED) return undefined
  const near = known
    .map((candidate) => ({ candidate, distance: distanceBetween(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 3)))
    .filter(({ candidate, distance }) => distance < candidate.length)
  return near.sort((one, other) => one.distance - other.distance)[0]?.candidate
}

/** How many characters to insert, delete, replace or swap with the next one. */
function distanceBetween(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0
  for (let row = 1; row <= one.length; row += 1) {
    const cells = [row]
    rows.push(cells)
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1]
      const isSwapped =
        row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      cells.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(row - 2, column - 2) + 1 : Infinity,
        ),
      )
    }
  }
  return at(one.length, other.length)
}
