import { type CheckResult, isPass } from 'stepcast-client'
import { elementsAt } from './xpath'

/** Larger pages are not searched */
export const MOST_SEARCHED_BYTES = 512 * 1024

/** Longer selectors are not tried */
const MOST_SELECTOR_LENGTH = 200

/** How long elements are looked for, in milliseconds. Those of most pages are found in one */
const MOST_MS = 300

/** More marks would show nothing */
const MOST_MARKS = 100

/** An opening tag in the source of a page. */
export interface Mark {
  start: number
  end: number
  /** Whether one of the checks that select it did not hold */
  isFailed: boolean
}

/** What selects elements. */
interface Selector {
  kind: 'css' | 'xpath'
  text: string
}

/** Elements get their place in the source as this attribute, by which they are found there again. */
const PLACE = 'data-stepcast-place'

const TAG_NAME = /<[a-z][^\s/>]*/gi

/** What the policy of this page forbids has no effect in such a page either, but Chromium complains of it. */
const FORBIDDEN: readonly [what: RegExp, instead: string][] = [
  [/(?<=[\s/"'])on(?=[a-z]+\s*=)/gi, 'data-on'],
  // It is parsed in the same way, and means nothing.
  [/(?<=<)base(?=\s)/gi, 'basefont'],
]

const OPENING_TAG = /<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>/y

/**
 * The opening tags of the elements that checks of the suite select, in their order in the source. The page is parsed
 * without a browsing context: it runs no script and requests nothing.
 * https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#domparser
 */
export function marksOf(html: string, checks: readonly CheckResult[]): Mark[] {
  const failed = selectorsOf(checks.filter(({ outcome }) => !isPass(outcome)))
  const passed = selectorsOf(checks.filter(({ outcome }) => isPass(outcome)))
  if (failed.length + passed.length === 0) return []
  const page = parsed(html)
  // Those of failed checks come first, so that none is left out for one of a check that holds.
  const isFailedAt = new Map<number, boolean>()
  const all = [
    ...failed.map((selector) => ({ selector, isFailed: true })),
    ...passed.map((selector) => ({ selector, isFailed: false })),
  ]
  const end = performance.now() + MOST_MS
  for (const { selector, isFailed } of all) {
    if (performance.now() > end) break
    for (const place of placesOf(page, selector)) {
      if (isFailedAt.size >= MOST_MARKS) break
      if (!isFailedAt.has(place)) isFailedAt.set(place, isFailed)
    }
  }
  return [...isFailedAt]
    .toSorted(([one], [other]) => one - other)
    .map(([start, isFailed], index, marks) => {
      const end = Math.min(endOfTag(html, start), marks[index + 1]?.[0] ?? html.length)
      return { start, end, isFailed }
    })
}

function parsed(html: string): Document {
  // What looks like a tag in a script or a comment gets the attribute too, but becomes no element.
  const placed = html.replaceAll(TAG_NAME, (tag, start: number) => `${tag} ${PLACE}="${start}"`)
  const harmless = FORBIDDEN.reduce((text, [what, instead]) => text.replaceAll(what, instead), placed)
  return new DOMParser().parseFromString(harmless, 'text/html')
}

/** A selector that the browser does not know selects nothing. */
function placesOf(page: Document, { kind, text }: Selector): number[] {
  try {
    const selected = kind === 'css' ? [...page.querySelectorAll(text)] : elementsAt(page, text)
    return selected.flatMap((element) => {
      const place = element.getAttribute(PLACE)
      return place === null ? [] : [Number(place)]
    })
  } catch {
    return []
  }
}

/** Those of checks like "css `h1` text equals …", each once. */
function selectorsOf(checks: readonly CheckResult[]): Selector[] {
  const byText = new Map<string, Selector>()
  for (const { check } of checks) {
    const [, kind, text] = /^(css|xpath) `([^`]+)`/.exec(check) ?? []
    if ((kind !== 'css' && kind !== 'xpath') || text === undefined || isSlow(text)) continue
    byText.set(`${kind} ${text}`, { kind, text })
  }
  return [...byText.values()]
}

/** One that could take long: whoever wrote the suite would hold up everyone who opens its result. */
function isSlow(selector: string): boolean {
  return selector.length > MOST_SELECTOR_LENGTH || selector.toLowerCase().includes(':has')
}

function endOfTag(html: string, start: number): number {
  const tag = new RegExp(OPENING_TAG)
  tag.lastIndex = start
  return tag.exec(html) === null ? start + 1 : tag.lastIndex
}
