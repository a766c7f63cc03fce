import Ajv2020 from 'ajv/dist/2020'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SuiteText } from 'stepcast-client/suite'
import { Exhausted, Judge } from './judge'
import { isMapping, type Rule, type Schema } from './schema'
import { SUITE_SCHEMA } from './suite-schema'
import { badSuites, goodSuites } from './testing'

const KNOWN_KEYWORDS = new Set(
  (
    '$schema $ref $defs title description default examples type enum const pattern minLength maxLength minimum maximum ' +
    'items prefixItems minItems maxItems properties additionalProperties propertyNames required dependentRequired ' +
    'minProperties maxProperties allOf anyOf oneOf not if then else'
  ).split(' '),
)

const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'] as const
const SINGLE = ['items', 'additionalProperties', 'propertyNames', 'not', 'if', 'then', 'else'] as const

/** The rule and all rules in it. */
function rulesIn(rule: Rule): Schema[] {
  if (typeof rule === 'boolean') return []
  const inner = [
    ...LISTS.flatMap((keyword) => rule[keyword] ?? []),
    ...SINGLE.flatMap((keyword) => rule[keyword] ?? []),
    ...Object.values(rule.properties ?? {}),
    ...Object.values(rule.$defs ?? {}),
  ]
  return [rule, ...inner.flatMap(rulesIn)]
}

const validates = new Ajv2020({ strict: false }).compile(SUITE_SCHEMA)
const holds = (value: unknown) => new Judge(SUITE_SCHEMA).holds(SUITE_SCHEMA, value)
const suites = [...goodSuites, ...badSuites]
  .filter(({ name }) => name !== 'yaml-alias-to-itself.yaml')
  .flatMap(({ text }) => new SuiteText(text).suite ?? [])

/** All mappings and lists in a value. */
function nodesIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(nodesIn)]
}

describe('the judge', () => {
  it('knows every keyword and every reference of the schema', () => {
    const rules = rulesIn(SUITE_SCHEMA)
    expect(rules.length).toBeGreaterThan(500)
    expect(rules.flatMap((rule) => Object.keys(rule)).filter((keyword) => !KNOWN_KEYWORDS.has(keyword))).toEqual([])
    for (const { $ref = '#/$defs/name' } of rules)
      expect(() => new Judge(SUITE_SCHEMA).holds({ $ref }, 0)).not.toThrow()
  })

  it('agrees with ajv about every suite of the repository', () => {
    expect(suites.length).toBeGreaterThan(200)
    for (const suite of suites) expect(holds(suite), JSON.stringify(suite).slice(0, 300)).toBe(validates(suite))
  })

  it('agrees with ajv about suites in which something was replaced', () => {
    const words = ['get', 'css', 'status', 'equals', 'name', 'constructor', '__proto__', 'x']
    const values = fc.oneof(
      fc.constantFrom(null, true, 0, 5, 1.5, '', 'x', '10s', '${x}', 'trim'),
      fc.constantFrom([], {}, ['a'], { max: 2 }),
    )
    const edits = fc.record({
      suite: fc.nat(),
      node: fc.nat(),
      key: fc.nat(),
      word: fc.constantFrom(...words),
      value: values,
    })
    fc.assert(
      fc.property(edits, ({ suite, node, key, word, value }) => {
        const edited: unknown = structuredClone(suites[suite % suites.length])
        const nodes = nodesIn(edited)
        const target = nodes[node % nodes.length] as Record<string, unknown>
        const keys = Object.keys(target)
        const changed = isMapping(target) && key % 3 === 0 ? word : (keys[key % keys.length] ?? word)
        if (isMapping(target) || keys.length > 0) Object.defineProperty(target, changed, { value, enumerable: true })
        expect(holds(edited)).toBe(validates(edited))
      }),
      { numRuns: 3000 },
    )
  })

  it('stops after a bounded number of steps', { timeout: 60_000 }, () => {
    let value: unknown = { status: 200 }
    for (let level = 0; level < 40; level += 1) value = { any: [value, value] }
    expect(() => holds({ suite: 'S', tests: [{ name: 'A', get: 'https://x/', expect: [value] }] })).toThrow(Exhausted)
  })

  it('stops at a bounded depth', () => {
    const loop: Record<string, unknown> = {}
    loop['not'] = loop
    expect(() => holds({ suite: 'S', tests: [{ name: 'A', get: 'https://x/', expect: [loop] }] })).toThrow(Exhausted)
  })
})
