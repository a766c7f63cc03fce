import type { Judge } from './judge'
import { definitionOf, isMapping, type Mapping, onlyRequired, type Path } from './schema'
import { type Rule, ruleOfItem, ruleOfKey, type Schema } from './schema'

/** References of the schema may lead back to where they came from. */
const DEEPEST = 20

/**
 * All rules that apply to a value, in the order of the schema: also those that other rules refer to, those whose
 * conditions hold, and all of a choice.
 */
export class Applicable {
  constructor(
    private readonly schema: Schema,
    private readonly judge: Judge,
  ) {}

  /** The rules for the value at a path of `suite`, without those that they refer to. */
  at(path: Path, suite: unknown): Rule[] {
    let value = suite
    let rules: Rule[] = [this.schema]
    for (const step of path) {
      rules = childRules(this.of(rules, value), step)
      value = childOf(value, step)
    }
    return rules
  }

  /** The rules themselves and all that they refer to. */
  of(rules: readonly Rule[], value?: unknown, depth = 0): Schema[] {
    if (depth > DEEPEST) return []
    return rules.flatMap((rule) => {
      if (typeof rule === 'boolean') return []
      return [rule, ...this.of(this.next(rule, value), value, depth + 1)]
    })
  }

  private next(rule: Schema, value: unknown): Rule[] {
    return [
      ...(rule.$ref === undefined ? [] : [definitionOf(this.schema, rule.$ref)]),
      ...(rule.allOf ?? []),
      ...(rule.anyOf ?? []),
      ...(rule.oneOf ?? []),
      ...(rule.if === undefined || value === undefined
        ? []
        : [(this.judge.holds(rule.if, value) ? rule.then : rule.else) ?? true]),
    ]
  }
}

export function childOf(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return value[Number(step)]
  return isMapping(value) && Object.hasOwn(value, step) ? value[step] : undefined
}

function childRules(rules: readonly Schema[], step: string | number): Rule[] {
  const rule = (one: Schema) => (typeof step === 'number' ? ruleOfItem(one, step) : ruleOfKey(one, step))
  return rules.flatMap((one) => rule(one) ?? [])
}

/** A key that a mapping may have, with the rules for its value. */
export interface KnownKey {
  name: string
  rules: Rule[]
}

/** The keys that may be added to a mapping, first those of which it needs one, then in the order of the schema. */
export function keysFor(parents: readonly Rule[], value: Mapping, applicable: Applicable, judge: Judge): KnownKey[] {
  const keys = namesIn(applicable.of(parents, value)).flatMap((name) => {
    if (Object.hasOwn(value, name)) return []
    const after = { ...value, [name]: null }
    const rules = applicable.of(parents, after)
    if (Object.keys(after).some((key) => isForbidden(key, rules)) || isRefused(rules, after, judge)) return []
    return [{ name, rules: childRules(rules, name) }]
  })
  const needed = new Set(applicable.of(parents).flatMap(neededBy))
  return [...keys.filter(({ name }) => needed.has(name)), ...keys.filter(({ name }) => !needed.has(name))]
}

function neededBy({ required = [], oneOf = [] }: Schema): string[] {
  return [...required, ...oneOf.flatMap((rule) => onlyRequired(rule) ?? [])]
}

function namesIn(rules: readonly Schema[]): string[] {
  const names = rules.flatMap(({ properties = {}, propertyNames }) => [
    ...Object.keys(properties).filter((key) => properties[key] !== false),
    ...(propertyNames?.enum ?? []).map(String),
  ])
  return [...new Set(names)]
}

function isForbidden(key: string, rules: readonly Schema[]): boolean {
  return rules.some((rule) => {
    return ruleOfKey(rule, key) === false || rule.propertyNames?.enum?.includes(key) === false
  })
}

/** Whether keys together are refused although each is known. */
function isRefused(rules: readonly Schema[], value: Mapping, judge: Judge): boolean {
  return rules.some(({ oneOf = [], not }) => {
    const present = oneOf.flatMap((rule) => onlyRequired(rule) ?? []).filter((key) => Object.hasOwn(value, key))
    return present.length > 1 || (not !== undefined && judge.holds(not, value))
  })
}
