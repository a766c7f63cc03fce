import { definitionOf, isMapping, type Mapping, onlyRequired, type Path } from './schema'
import { type Rule, ruleOfItem, ruleOfKey, type Schema } from './schema'
import { closest, expectation, inBackticks, isNamed, oneOf, otherThan } from './words'

/** What a rule finds wrong with a value. */
export interface Finding {
  path: Path
  message: string
  hint?: string
  /** The words of which one was probably meant: the hint, which takes time to make */
  meant?: { word: string; known: readonly string[] }
  /** It is about the key, not about its value */
  isAboutKey?: true
  /** What was expected instead of the whole value; an empty text if that goes without saying */
  expected?: string
  /** The key is known, but another key beside it excludes it */
  isConflict?: true
  /** Something is missing, which an unknown key beside it may have been meant to be */
  isMissing?: true
}

/** Suites have at most 64 levels. */
const DEEPEST = 100

/** The judge has looked at as much as it may. */
export class Exhausted extends Error {
  constructor() {
    super('the suite is too large to be checked here')
  }
}

/**
 * Applies the rules of a JSON Schema to values. It takes a bounded number of steps, whatever the values are: aliases can
 * make a short text a very large value. Throws `Exhausted` after that.
 */
export class Judge {
  constructor(
    private readonly schema: Schema,
    private stepsLeft = 3_000_000,
  ) {}

  holds(rule: Rule, value: unknown): boolean {
    return this.findings(rule, value).length === 0
  }

  findings(rule: Rule, value: unknown, path: Path = []): Finding[] {
    this.stepsLeft -= 1
    if (this.stepsLeft < 0 || path.length > DEEPEST) throw new Exhausted()
    if (rule === true) return []
    if (rule === false) return [{ path, message: 'this is not allowed here' }]
    const kind = kindFinding(rule, value, path)
    if (kind !== undefined) return [kind]
    return [
      ...this.ofReference(rule, value, path),
      ...plainFindings(rule, value, path),
      ...(isMapping(value) ? this.ofMapping(rule, value, path) : []),
      ...(Array.isArray(value) ? this.ofList(rule, value, path) : []),
      ...this.ofCombinations(rule, value, path),
    ]
  }

  /** Says what the definition stands for if the whole value is wrong: its name is known only here. */
  private ofReference(rule: Schema, value: unknown, path: Path): Finding[] {
    if (rule.$ref === undefined) return []
    const findings = this.findings(definitionOf(this.schema, rule.$ref), value, path)
    if (!isNamed(rule.$ref)) return findings
    const expected = expectation({ $ref: rule.$ref })
    return findings.map((finding) => (finding.expected === undefined ? finding : notExpected(expected, value, path)))
  }

  private ofMapping(rule: Schema, value: Mapping, path: Path): Finding[] {
    const keys = Object.keys(value)
    return [
      ...keys.flatMap((key) => this.ofKey(rule, key, value[key], path)),
      ...missingFindings(rule, value, path),
      ...countFindings(keys.length, 'key', rule.minProperties, rule.maxProperties, path),
    ]
  }

  private ofKey(rule: Schema, key: string, value: unknown, path: Path): Finding[] {
    const unknown = rule.propertyNames === undefined ? [] : this.ofName(rule.propertyNames, key, path)
    const forKey = ruleOfKey(rule, key)
    if (forKey === undefined || unknown.length > 0) return unknown
    if (forKey !== false) return this.findings(forKey, value, [...path, key]).map((one) => explained(one, forKey, path))
    const known = Object.keys(rule.properties ?? {})
    return known.includes(key) ? [notTogether(key, path)] : [unknownKey(key, known, path)]
  }

  private ofName(names: Schema, key: string, path: Path): Finding[] {
    if (names.enum !== undefined) return names.enum.includes(key) ? [] : [unknownKey(key, names.enum.map(String), path)]
    const [finding] = this.findings(names, key, [...path, key])
    return finding === undefined ? [] : [{ ...without(finding), isAboutKey: true }]
  }

  private ofList(rule: Schema, value: unknown[], path: Path): Finding[] {
    return [
      ...countFindings(value.length, 'item', rule.minItems, rule.maxItems, path),
      ...value.flatMap((item, index) => {
        const forItem = ruleOfItem(rule, index)
        return forItem === undefined ? [] : this.findings(forItem, item, [...path, index])
      }),
    ]
  }

  private ofCombinations(rule: Schema, value: unknown, path: Path): Finding[] {
    const conditional = rule.if === undefined ? undefined : this.holds(rule.if, value) ? rule.then : rule.else
    return [
      ...(rule.allOf ?? []).flatMap((one) => this.findings(one, value, path)),
      ...(rule.anyOf === undefined ? [] : this.ofChoice(rule.anyOf, value, path)),
      ...(rule.oneOf === undefined ? [] : this.ofSingleChoice(rule.oneOf, value, path)),
      ...(rule.not === undefined || !this.holds(rule.not, value) ? [] : [this.notAllowed(rule.not, value, path)]),
      ...(conditional === undefined ? [] : this.findings(conditional, value, path).map((one) => inContext(one, path))),
    ]
  }

  /** If no rule holds, the findings of the one that the value was most likely meant for. */
  private ofChoice(rules: Rule[], value: unknown, path: Path): Finding[] {
    const all = rules.map((rule) => this.findings(rule, value, path))
    if (all.some((findings) => findings.length === 0)) return []
    const keys = rules.flatMap((rule) => onlyRequired(rule) ?? [])
    if (keys.length === rules.length) return [needsOneOf(keys, path)]
    const isOtherKind = (findings: Finding[]) =>
      findings.some((finding) => finding.expected !== undefined && finding.path.length === path.length)
    const [meant] = all.filter((findings) => !isOtherKind(findings)).sort((one, other) => one.length - other.length)
    if (meant !== undefined) return meant
    const expected = new Set(all.flat().flatMap((finding) => finding.expected || []))
    return [notExpected([...expected].join(' or '), value, path)]
  }

  private ofSingleChoice(rules: Rule[], value: unknown, path: Path): Finding[] {
    const held = rules.filter((rule) => this.holds(rule, value))
    if (held.length === 1) return []
    if (held.length === 0) return this.ofChoice(rules, value, path)
    const keys = held.flatMap((rule) => onlyRequired(rule) ?? [])
    return [{ path, message: `keep one of ${keys.map(inBackticks).join(' and ')}`, isMissing: true }]
  }

  private notAllowed(rule: Rule, value: unknown, path: Path): Finding {
    const choices = typeof rule === 'object' ? (rule.anyOf ?? []) : []
    const held = choices.find((choice) => this.holds(choice, value))
    const keys = typeof held === 'object' ? (held.required ?? []) : []
    const message = keys.length > 1 ? `keep one of ${keys.map(inBackticks).join(' and ')}` : 'this is not allowed here'
    return { path, message }
  }
}

function kindFinding(rule: Schema, value: unknown, path: Path): Finding | undefined {
  const isOneOf = rule.enum?.includes(value) ?? true
  if (isOneOf && (rule.type === undefined || [rule.type].flat().some((type) => isOfType(type, value)))) return undefined
  const finding = notExpected(expectation(rule), value, path)
  const near = typeof value === 'string' && rule.enum ? closest(value, rule.enum.map(String)) : undefined
  return near === undefined ? finding : { ...finding, hint: `did you mean \`${near}\`?` }
}

function isOfType(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isMapping(value)
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}

/** Findings about texts and numbers. */
function plainFindings(rule: Schema, value: unknown, path: Path): Finding[] {
  if (rule.const !== undefined && rule.const !== value) return [notExpected(oneOf([String(rule.const)]), value, path)]
  if (typeof value === 'number') {
    const isWithin = value >= (rule.minimum ?? -Infinity) && value <= (rule.maximum ?? Infinity)
    return isWithin ? [] : [notExpected(expectation(rule), value, path)]
  }
  if (typeof value !== 'string') return []
  const length = [...value].length
  if (length < (rule.minLength ?? 0)) return [{ path, message: 'this must not be empty' }]
  if (length > (rule.maxLength ?? Infinity)) return [{ path, message: `longer than ${rule.maxLength} characters` }]
  if (rule.pattern === undefined || patternOf(rule.pattern).test(value)) return []
  if (rule.pattern === '\\S') return [{ path, message: 'this must not be empty' }]
  return [notExpected(expectation(rule) || 'another text', value, path)]
}

const patterns = new Map<string, RegExp>()

function patternOf(source: string): RegExp {
  const pattern = patterns.get(source) ?? new RegExp(source, 'u')
  patterns.set(source, pattern)
  return pattern
}

function missingFindings(rule: Schema, value: Mapping, path: Path): Finding[] {
  const dependent = Object.entries(rule.dependentRequired ?? {}).filter(([key]) => Object.hasOwn(value, key))
  return [...(rule.required ?? []), ...dependent.flatMap(([, keys]) => keys)]
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => ({ path, message: `\`${key}\` is missing`, isMissing: true }))
}

function countFindings(count: number, of: string, least = 0, most = Infinity, path: Path): Finding[] {
  if (count >= least && count <= most) return []
  const bounds = most === Infinity ? `at least ${least}` : least === most ? `${least}` : `${least} to ${most}`
  const noun = bounds.endsWith(' 1') || bounds === '1' ? of : `${of}s`
  return [{ path, message: `expected ${bounds} ${noun}, found ${count}` }]
}

function notExpected(expected: string, value: unknown, path: Path): Finding {
  return { path, message: otherThan(expected, value), expected }
}

/** With the description of the key as a hint, if the whole value is wrong. */
function explained(finding: Finding, rule: Rule, path: Path): Finding {
  const hint = rule === true || rule === false ? undefined : rule.description
  const isWhole = finding.expected !== undefined && finding.path.length === path.length + 1
  return isWhole && hint !== undefined ? { hint, ...finding } : finding
}

function unknownKey(key: string, known: readonly string[], path: Path): Finding {
  const message = `unknown key ${inBackticks(key)}`
  return { path: [...path, key], message, meant: { word: key, known }, isAboutKey: true }
}

function notTogether(key: string, path: Path): Finding {
  const message = `${inBackticks(key)} cannot be combined with the other keys here`
  return { path: [...path, key], message, isAboutKey: true, isConflict: true }
}

/** A key that only a condition excludes is known. If it is not, the rule without the condition has said so before. */
function inContext(finding: Finding, path: Path): Finding {
  if (finding.isAboutKey === undefined || finding.path.length !== path.length + 1) return finding
  return notTogether(String(finding.path.at(-1)), path)
}

function needsOneOf(keys: readonly string[], path: Path): Finding {
  const message = `this needs one of ${keys.join(', ')}`
  return { path, message, isMissing: true }
}

function without({ expected: _, ...finding }: Finding): Finding {
  return finding
}
