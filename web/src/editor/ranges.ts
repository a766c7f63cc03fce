import { type Document, isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml'
import type { Path } from './schema'

export interface Range {
  from: number
  to: number
}

/** Where a value, or its key, is in the text: the longest part of its path that exists. */
export function rangeOf(document: Document.Parsed, path: Path, isAboutKey = false): Range {
  let node: unknown = document.contents
  let pair: Pair | undefined
  for (const step of path) {
    const target = isAlias(node) ? node.resolve(document) : node
    const next = childOf(target, step)
    if (next === undefined) break
    pair = isPair(next) ? next : undefined
    node = isPair(next) ? next.value : next
  }
  return (isAboutKey ? spanOf(pair?.key) : undefined) ?? spanOf(node) ?? spanOf(pair?.key) ?? { from: 0, to: 0 }
}

function childOf(node: unknown, step: string | number): Pair | Node | undefined {
  if (isMap(node)) return node.items.find(({ key }) => nameOf(key) === String(step))
  return isSeq(node) ? (node.items[Number(step)] as Node | undefined) : undefined
}

export function nameOf(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key)
}

function spanOf(node: unknown): Range | undefined {
  const range = (node as Node | null | undefined)?.range
  return range ? { from: range[0], to: range[1] } : undefined
}
