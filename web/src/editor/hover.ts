import type { SuiteText } from 'stepcast-client/suite'
import { Applicable } from './applicable'
import { type Explanation, explain } from './explanation'
import { Exhausted, Judge } from './judge'
import { placeAt } from './places'
import type { Range } from './ranges'
import type { Schema } from './schema'

/** What the schema says about the key or the value at an offset. */
export function explanationAt(
  { document, suite }: SuiteText,
  offset: number,
  schema: Schema,
): { range: Range; explanation: Explanation } | undefined {
  const place = placeAt(document, offset)
  if (place === undefined) return undefined
  try {
    const applicable = new Applicable(schema, new Judge(schema))
    const explanation = explain(applicable.at(place.path, suite), schema, applicable)
    return explanation.description === '' ? undefined : { range: place.range, explanation }
  } catch (error) {
    if (error instanceof Exhausted) return undefined
    throw error
  }
}
