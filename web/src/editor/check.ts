import { SuiteText } from 'stepcast-client/suite'
import { Exhausted, type Finding, Judge } from './judge'
import { type Range, rangeOf } from './ranges'
import type { Schema } from './schema'
import { hintFor } from './words'

/** What is wrong at a place of the text. */
export interface Mistake extends Range {
  message: string
  hint?: string
}

/** What was found, or why nothing was looked for. */
export interface Checked {
  mistakes: Mistake[]
  refusal?: string
}

/** Checking this many characters takes up to a second in the worst case, and a tenth of it for a usual suite. */
export const MOST_CHARACTERS = 100_000
/** A text with more mistakes is not a suite yet. */
const MOST_MISTAKES = 50
const MOST_SYNTAX_MISTAKES = 5
/** Finding a place takes time linear in the number of keys. */
const MOST_PLACED = 200

const TOO_LARGE = 'The suite is too large to be checked while you type. The server checks it when you run it.'

/** Finds what YAML and the schema do not allow. The server knows more: selectors, patterns, and names that must be unique. */
export function check(text: string, schema: Schema): Checked {
  if (text.trim() === '') return { mistakes: [] }
  if (text.length > MOST_CHARACTERS) return { mistakes: [], refusal: TOO_LARGE }
  try {
    const parsed = new SuiteText(text)
    return {
      mistakes: parsed.problems.length > 0 ? syntaxMistakes(parsed, text) : schemaMistakes(parsed, text, schema),
    }
  } catch (error) {
    // Both the parser and the judge are recursive. An engine with a small stack refuses deep nesting with a `RangeError`.
    if (error instanceof Exhausted || error instanceof RangeError) return { mistakes: [], refusal: TOO_LARGE }
    throw error
  }
}

/** A mistake in the syntax makes the parser find others behind it. */
function syntaxMistakes({ problems }: SuiteText, text: string): Mistake[] {
  const end = text.trimEnd().length
  return problems.slice(0, MOST_SYNTAX_MISTAKES).map(({ message, offset = 0 }) => {
    const from = Math.min(offset, end - 1)
    return { from, to: from + 1, message }
  })
}

function schemaMistakes({ suite, document }: SuiteText, text: string, schema: Schema): Mistake[] {
  const findings = withoutEchoes(new Judge(schema).findings(schema, suite)).slice(0, MOST_PLACED)
  const placed = findings.map((finding) => ({
    ...finding,
    ...firstLine(rangeOf(document, finding.path, finding.isAboutKey), text),
  }))
  return withFewerConflicts(placed.sort((one, other) => one.from - other.from))
    .slice(0, MOST_MISTAKES)
    .map(({ from, to, message, meant, hint = meant && hintFor(meant.word, meant.known) }) => ({
      from,
      to,
      message,
      ...(hint === undefined ? {} : { hint }),
    }))
}

/** One finding for each place, and nothing that is missing beside an unknown key: it was probably meant to be that. */
function withoutEchoes(findings: readonly Finding[]): Finding[] {
  const places = new Set<string>()
  const mappings = new Set(findings.filter(({ isAboutKey }) => isAboutKey).map(mappingOf))
  return findings.filter(({ path, isMissing }) => {
    const place = JSON.stringify(path)
    if (places.has(place) || (isMissing && mappings.has(place))) return false
    places.add(place)
    return true
  })
}

/** Keys that exclude each other are all found. The first of them in the text stays, and the others name it. */
function withFewerConflicts<T extends Finding>(findings: readonly T[]): T[] {
  const conflicts = findings.filter(({ isConflict }) => isConflict)
  const count = (mapping: string) => conflicts.filter((one) => mappingOf(one) === mapping).length
  const kept = new Map<string, string>()
  return findings.flatMap((finding) => {
    if (!finding.isConflict) return [finding]
    const mapping = mappingOf(finding)
    const first = kept.get(mapping)
    const key = String(finding.path.at(-1))
    if (first !== undefined) return [{ ...finding, message: `\`${key}\` cannot be combined with \`${first}\`` }]
    kept.set(mapping, key)
    return count(mapping) > 1 ? [] : [finding]
  })
}

function mappingOf({ path }: Finding): string {
  return JSON.stringify(path.slice(0, -1))
}

function firstLine({ from, to }: Range, text: string): Range {
  const end = text.indexOf('\n', from)
  return { from, to: end === -1 ? to : Math.max(from, Math.min(to, end)) }
}
