import { type Document, isAlias, isMap, isScalar, isSeq, type Pair } from 'yaml'
import { nameOf, type Range } from './ranges'
import type { Path } from './schema'

/** Where an offset is in a parsed text. */
export interface Place {
  /** The path of the value, also if the place is its key */
  path: Path
  isKey: boolean
  /** The key or the plain value that is there */
  range: Range
  text: string
}

/** Bounds the way down: the parser accepts deeper texts. */
const DEEPEST = 100

/** The key or the plain value at an offset, or `undefined` if there is neither. */
export function placeAt(document: Document.Parsed, offset: number): Place | undefined {
  let node: unknown = document.contents
  const path: (string | number)[] = []
  while (path.length <= DEEPEST) {
    if (isMap(node)) {
      const pair = node.items.findLast((one) => startOf(one.key) <= offset)
      if (pair === undefined) return undefined
      path.push(nameOf(pair.key))
      const key = placeOf(pair.key, offset, path, true)
      if (key !== undefined) return key
      node = valueOf(pair)
    } else if (isSeq(node)) {
      const index = node.items.findLastIndex((item) => startOf(item) <= offset)
      if (index === -1) return undefined
      path.push(index)
      node = node.items[index]
    } else {
      return placeOf(node, offset, path, false)
    }
  }
  return undefined
}

function valueOf({ value }: Pair): unknown {
  return isAlias(value) ? undefined : value
}

/** The start of an item of a flow list with a single pair is that of its key. */
function startOf(node: unknown): number {
  const range = (node as { range?: [number, number, number] | null } | null)?.range
  return range?.[0] ?? Infinity
}

function placeOf(node: unknown, offset: number, path: Path, isKey: boolean): Place | undefined {
  if (!isScalar(node) || !node.range) return undefined
  const [from, to] = node.range
  return offset >= from && offset <= to ? { path, isKey, range: { from, to }, text: String(node.value) } : undefined
}
