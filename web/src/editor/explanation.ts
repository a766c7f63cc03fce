import type { Applicable } from './applicable'
import type { Rule } from './schema'
import { definitionOf, type Schema } from './schema'
import { expectation, isNamed } from './words'

/** What the schema says about a key or a value. */
export interface Explanation {
  description: string
  /** What may be there, like `a whole number from 0 to 10`, and what applies if there is nothing */
  details: string
}

/** Sums up the rules for one value. The first description is that of the key, and the others are more general. */
export function explain(rules: readonly Rule[], schema: Schema, applicable: Applicable): Explanation {
  const all = applicable.of(rules)
  const expected = [...new Set(rules.flatMap((rule) => expectationsOf(rule, schema)))].filter(Boolean).join(' or ')
  const fallback = all.find((rule) => rule.default !== undefined)?.default
  const byDefault = fallback === undefined ? '' : `by default \`${[fallback].flat().join(', ')}\``
  return {
    description: all.find(({ description }) => description !== undefined)?.description ?? '',
    details: [expected, byDefault].filter(Boolean).join('; '),
  }
}

/** What each choice of a rule expects. Definitions that have words of their own are not looked into. */
function expectationsOf(rule: Rule, schema: Schema): string[] {
  if (typeof rule === 'boolean') return []
  if (rule.$ref !== undefined) {
    return isNamed(rule.$ref) ? [expectation(rule)] : expectationsOf(definitionOf(schema, rule.$ref), schema)
  }
  const choices = rule.anyOf ?? rule.oneOf
  return choices === undefined ? [expectation(rule)] : choices.flatMap((one) => expectationsOf(one, schema))
}
