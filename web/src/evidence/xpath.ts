// XPath has no bounds of its own: `//*[count(//*) > 0]` looks at each element once for each element. So only paths are
// tried that go down from each element at most, on pages where that is little work.

/** How often a path may say `//` */
const MOST_DESCENTS = 4

/** How often a path may use one of these signs: each may read all text below each element */
const MOST_USES = 6
const SIGNS = ['(', '[', '.', '=', '<', '>', '|', '+', '*']

/** The elements and the characters of a page, each counted once for each element that it is in */
const MOST_WORK = 8_000_000

/** Axes, variables, functions that join texts or look up elements, and the comparison of elements with elements */
const NOT_TRIED = /::|\$|\b(?:concat|id)\s*\(|(?<!(?:'|(?<![\w.-])\d+)\s*)(?:[<>]=?|!?=)(?!=?\s*['\d])/

/** Within a predicate: a path from the root or up, or a second one that goes down */
const NOT_IN_PREDICATE = /\.\.|(?<![\w*\])@./])\/|\/\/.*\/\//

/**
 * The elements that an XPath selects, in the order of the document; for text and attributes, those they belong to. Nothing
 * for a path that could take long. Throws for one that the browser does not know, or that selects no nodes.
 */
export function elementsAt(page: Document, path: string): Element[] {
  if (!isBounded(path) || isTooMuchWork(page)) return []
  const found = page.evaluate(path, page, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE)
  const elements = Array.from({ length: found.snapshotLength }, (_, place) => elementOf(found.snapshotItem(place)))
  return elements.filter((element) => element !== null)
}

function elementOf(node: Node | null): Element | null {
  if (node === null) return null
  if (node.nodeType === Node.ATTRIBUTE_NODE) return (node as Attr).ownerElement
  return node.nodeType === Node.ELEMENT_NODE ? (node as Element) : node.parentElement
}

/** Whether it visits the page only a few times, however the page is made. */
export function isBounded(path: string): boolean {
  const bare = path.replaceAll(/"[^"]*"|'[^']*'/g, "''").replaceAll(/\[\d+\]/g, '')
  if (NOT_TRIED.test(bare) || usesOf('//', bare) > MOST_DESCENTS) return false
  if (SIGNS.some((sign) => usesOf(sign, bare) > MOST_USES)) return false
  return !NOT_IN_PREDICATE.test(predicatesOf(bare))
}

function usesOf(sign: string, path: string): number {
  return path.split(sign).length - 1
}

/** What is between brackets, of all predicates together. */
function predicatesOf(path: string): string {
  let depth = 0
  let inside = ''
  for (const character of path) {
    if (character === ']') depth -= 1
    if (depth > 0) inside += character
    if (character !== '[') continue
    depth += 1
    // A path begins there.
    inside += ' '
  }
  return inside
}

function isTooMuchWork(page: Document): boolean {
  let work = 0
  const walker = page.createTreeWalker(page, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
  let depth = 0
  for (let node: Node | null = walker.firstChild(); node !== null;) {
    work += (depth + 1) * (1 + (node.nodeValue?.length ?? 0))
    if (work > MOST_WORK) return true
    const child = walker.firstChild()
    if (child !== null) depth += 1
    let next = child ?? walker.nextSibling()
    while (next === null && walker.parentNode() !== null) {
      depth -= 1
      next = walker.nextSibling()
    }
    node = next
  }
  return false
}
