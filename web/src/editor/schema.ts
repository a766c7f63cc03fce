/** The part of JSON Schema that the schema of suites uses. A test checks that it uses no other keywords. */
export interface Schema {
  $ref?: string
  $defs?: Record<string, Schema>
  description?: string
  default?: unknown
  examples?: unknown[]
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: Rule
  prefixItems?: Rule[]
  minItems?: number
  maxItems?: number
  properties?: Record<string, Rule>
  additionalProperties?: Rule
  propertyNames?: Schema
  required?: string[]
  dependentRequired?: Record<string, string[]>
  minProperties?: number
  maxProperties?: number
  allOf?: Rule[]
  anyOf?: Rule[]
  oneOf?: Rule[]
  not?: Rule
  if?: Rule
  then?: Rule
  else?: Rule
}

/** `true` allows every value, and `false` none. */
export type Rule = Schema | boolean

/** The keys and indexes that lead to a value. */
export type Path = readonly (string | number)[]

const DEFINITIONS = '#/$defs/'

export function nameOfDefinition(reference: string): string {
  return reference.slice(DEFINITIONS.length)
}

/** What a rule refers to. Throws if it does not exist, which a test excludes. */
export function definitionOf(schema: Schema, reference: string): Schema {
  const definition = schema.$defs?.[nameOfDefinition(reference)]
  if (definition === undefined) throw new Error(`the schema has no ${reference}`)
  return definition
}

export type Mapping = Record<string, unknown>

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The rule of a property. An inherited name like `constructor` is none. */
export function ruleOfKey({ properties = {}, additionalProperties }: Schema, key: string): Rule | undefined {
  return Object.hasOwn(properties, key) ? properties[key] : additionalProperties
}

/** The rule of an item of a list. */
export function ruleOfItem({ prefixItems = [], items }: Schema, index: number): Rule | undefined {
  return prefixItems[index] ?? items
}

/** The key that a rule requires, if it does nothing else. The schema lists such rules for keys of which one is needed. */
export function onlyRequired(rule: Rule): string | undefined {
  return typeof rule === 'object' && rule.required?.length === 1 && Object.keys(rule).length === 1
    ? rule.required[0]
    : undefined
}
