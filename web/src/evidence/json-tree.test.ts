import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonNode, jsonTree, MOST_DEPTH, MOST_VALUES } from './json-tree'
import { MOST_CHARACTERS } from './shortened'

/** The JSON that a tree shows. */
function written({ text, name, children }: JsonNode): string {
  const inside = children?.map(written).join(',')
  const value = inside === undefined ? text : text + inside + (text === '{' ? '}' : ']')
  return name === undefined ? value : `${name}:${value}`
}

function depthOf({ children }: JsonNode): number {
  return children === undefined ? 0 : 1 + Math.max(0, ...children.map(depthOf))
}

describe('JSON as a tree', () => {
  it('keeps numbers and equal names as they came', () => {
    const text = '{"id":12345678901234567890,"price":1.10,"a":{"a":[]},"a":null}'
    expect(written(jsonTree(text)?.root as JsonNode)).toBe(text)
  })

  it('shows characters and not their escapes, unless they are not seen', () => {
    expect(jsonTree(String.raw`"M\u00fcsli \u0007 \" \n"`)?.root.text).toBe(String.raw`"Müsli \u0007 \" \n"`)
  })

  it('is the whole value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(3), (value, space) => {
        const tree = jsonTree(JSON.stringify(value, null, space))
        expect(tree?.isCut).toBe(false)
        expect(JSON.parse(written(tree?.root as JsonNode))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it.each(['', 'nothing', '{"a":1', "{'a':1}", '[1,]'])('is nothing for `%s`', (text) => {
    expect(jsonTree(text)).toBeUndefined()
  })

  it('ends at a depth, and goes on after what is deeper', () => {
    const deep = 100_000
    const tree = jsonTree(`[${'['.repeat(deep)}{"a":1}${']'.repeat(deep)},"after"]`)
    expect(depthOf(tree?.root as JsonNode)).toBe(MOST_DEPTH + 1)
    expect(tree?.root.children?.[1]?.text).toBe('"after"')
    expect([tree?.isCut, tree?.root.isCut]).toEqual([true, undefined])
  })

  it('ends after a number of values', () => {
    const tree = jsonTree(JSON.stringify({ items: Array.from({ length: 100_000 }, (_, place) => place) }))
    expect(tree?.values).toBe(MOST_VALUES)
    expect([tree?.isCut, tree?.root.children?.[0]?.isCut]).toEqual([true, true])
    expect(jsonTree(JSON.stringify(Array.from({ length: MOST_VALUES - 1 }, () => 1)))?.isCut).toBe(false)
  })

  it('cuts long texts', () => {
    const tree = jsonTree(JSON.stringify('a'.repeat(MOST_CHARACTERS + 8)))
    expect(tree?.root.text).toHaveLength(MOST_CHARACTERS + '… and 10 more characters'.length)
  })
})
