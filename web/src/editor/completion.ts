import { SuiteText } from 'stepcast-client/suite'
import { Applicable, childOf, keysFor } from './applicable'
import { MOST_CHARACTERS } from './check'
import { type Explanation, explain } from './explanation'
import { Exhausted, Judge } from './judge'
import { type OpenTemplate, openTemplateAt, TEMPLATE_NAME } from './open-template'
import { type Place, placeAt } from './places'
import { isMapping, type Mapping, type Path, type Rule, type Schema } from './schema'
import { namesAt } from './template-names'

/** What can be written at a place of the text. */
export interface Completion {
  label: string
  isKey: boolean
  /** The text to insert, with line breaks where the value starts on the next line */
  text: string
  explanation: Explanation
}

export interface Completions {
  from: number
  to: number
  options: Completion[]
  /** The options are the same while what is between `from` and `to` is like this */
  validFor: RegExp
}

/** Stands for the word or the template at the cursor while the text is parsed. */
const CURSOR = '\uf8ff'
const WORD = /^[\w-]*$/
const WORD_BEFORE = /[\w-]*$/
const WORD_AFTER = /^[\w-]*/
/** Only indentation and dashes: the place of a key in a block mapping */
const LINE_START = /^\s*(?:- +)*$/
/** In longer words, nothing is offered: looking for the start of a word takes time quadratic in the length. */
const LONGEST_WORD = 200
const COLON = /^["']?\s*:(?:\s|$)/

/**
 * The keys or values that the schema allows at an offset, or the names that a template there can use. Without a word
 * there, keys and values only if they are asked for.
 */
export function completionsAt(text: string, offset: number, schema: Schema, isAsked: boolean): Completions | undefined {
  if (text.length > MOST_CHARACTERS) return undefined
  const template = openTemplateAt(text, offset)
  try {
    const found = template === undefined ? wordsAt(text, offset, schema, isAsked) : namesIn(text, template)
    return found === undefined || found.options.length === 0 ? undefined : found
  } catch (error) {
    // `ReferenceError`: aliases that expand without limit, or that refer to nothing.
    if (error instanceof Exhausted || error instanceof RangeError || error instanceof ReferenceError) return undefined
    throw error
  }
}

function wordsAt(text: string, offset: number, schema: Schema, isAsked: boolean): Completions | undefined {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset)
  const word = WORD_BEFORE.exec(line.slice(-LONGEST_WORD))?.[0] ?? ''
  if (word === '' && !isAsked) return undefined
  const from = offset - word.length
  const to = offset + (WORD_AFTER.exec(text.slice(offset, offset + LONGEST_WORD))?.[0].length ?? 0)
  const before = line.slice(0, line.length - word.length)
  const site = { before, hasColon: COLON.test(text.slice(to, to + 20)), isLineStart: LINE_START.test(before) }
  const cursor = site.isLineStart && !site.hasColon ? `${CURSOR}:` : CURSOR
  const options = optionsFor(new SuiteText(text.slice(0, from) + cursor + text.slice(to)), from, site, schema)
  return { from, to, options, validFor: WORD }
}

/** The whole template is left out while the text is parsed: without its end, its brace would begin a mapping. */
function namesIn(text: string, { start, end, from, to, closing }: OpenTemplate): Completions | undefined {
  // The parser takes the last character of the text for the end of a quote that has none.
  const around = `${text.slice(0, start)}${CURSOR}${text.slice(end)}\n`
  const { document } = new SuiteText(around)
  const place = placeAt(document, start)
  if (place?.text.includes(CURSOR) !== true) return undefined
  const options = namesAt(place, document.toJS({ maxAliasCount: 100 }), around).map(({ name, description }) => ({
    label: name,
    isKey: false,
    text: name + closing,
    explanation: { description, details: '' },
  }))
  return { from, to, options, validFor: TEMPLATE_NAME }
}

interface Site {
  /** The line before the word */
  before: string
  hasColon: boolean
  isLineStart: boolean
}

function optionsFor({ document }: SuiteText, offset: number, site: Site, schema: Schema): Completion[] {
  const isQuoted = /["']$/.test(site.before)
  const place = placeAt(document, isQuoted ? offset - 1 : offset)
  if (place?.text !== CURSOR) return []
  return new Options(document.toJS({ maxAliasCount: 100 }), { ...site, isQuoted }, schema).at(place)
}

/** What can be written at one place of a suite. */
class Options {
  private readonly judge: Judge
  private readonly applicable: Applicable

  constructor(
    private readonly suite: unknown,
    private readonly site: Site & { isQuoted: boolean },
    private readonly schema: Schema,
  ) {
    this.judge = new Judge(schema)
    this.applicable = new Applicable(schema, this.judge)
  }

  at({ path, isKey }: Place): Completion[] {
    return isKey ? this.inMapping(path.slice(0, -1)) : this.values(this.applicable.at(path, this.suite))
  }

  private inMapping(path: Path): Completion[] {
    const { [CURSOR]: _, ...value } = mappingAt(this.suite, path)
    const rules = this.applicable.at(path, this.suite)
    const keys = this.keys(rules, value)
    // What starts a line may also be a plain value, or the first item of a list without its dash.
    if (!this.site.isLineStart || Object.keys(value).length > 0 || keys.length > 0) return keys
    const items = this.applicable.of(rules).flatMap(({ items: forItem }) => forItem ?? [])
    return this.site.hasColon ? [] : [...this.values(rules), ...this.keys(items, {}, '- ')]
  }

  private keys(rules: readonly Rule[], value: Mapping, dash = ''): Completion[] {
    return keysFor(rules, value, this.applicable, this.judge).map(({ name, rules: forValue }) => ({
      label: name,
      isKey: true,
      text: dash + name + this.startOfValue(forValue, dash.length),
      explanation: explain(forValue, this.schema, this.applicable),
    }))
  }

  /** A mapping or a list starts on the next line if the value can be nothing else. */
  private startOfValue(rules: readonly Rule[], indentation: number): string {
    const { before, hasColon, isLineStart, isQuoted } = this.site
    if (hasColon || isQuoted) return ''
    const types = new Set(this.applicable.of(rules).flatMap(({ type }) => type ?? []))
    const isOnly = (type: string) => isLineStart && types.size === 1 && types.has(type)
    const next = `\n${' '.repeat(before.length + indentation + 2)}`
    return `:${isOnly('object') ? next : isOnly('array') ? `${next}- ` : ' '}`
  }

  private values(rules: readonly Rule[]): Completion[] {
    const explanation = explain(rules, this.schema, this.applicable)
    return valuesOf(this.applicable.of(rules)).map((label) => ({ label, isKey: false, text: label, explanation }))
  }
}

function valuesOf(rules: readonly Schema[]): string[] {
  const values = rules.flatMap(({ enum: choices = [], const: only, type, examples = [], default: fallback }) => [
    ...choices,
    only,
    ...([type].flat().join() === 'boolean' ? [true, false] : []),
    ...[...examples, fallback].filter((value) => ['string', 'number'].includes(typeof value)),
  ])
  return [...new Set(values.filter((value) => value !== null && value !== undefined).map(String))]
}

function mappingAt(suite: unknown, path: Path): Mapping {
  const value = path.reduce(childOf, suite)
  return isMapping(value) ? value : {}
}
