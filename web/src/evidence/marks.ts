import { isPass } from '../client/outcomes'
import type { CheckResult } from '../client/protocol'

/** Larger pages are not searched */
export const MOST_SEARCHED_BYTES = 512 * 1024

/** Longer selectors are not tried */
const MOST_SELECTOR_LENGTH = 200

/** More marks would show nothing */
const MOST_MARKS = 100

/** An opening tag in the source of a page. */
export interface Mark {
  start: number
  end: number
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
 * The opening tags of the elements that failed checks of the suite select. The page is parsed without a browsing context:
 * it runs no script and requests nothing. https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#domparser
 */
export function marksOf(html: string, checks: readonly CheckResult[]): Mark[] {
  const selectors = checks.filter(({ outcome }) => !isPass(outcome)).flatMap(({ check }) => selectorOf(check))
  if (selectors.length === 0) return []
  // What looks like a tag in a script or a comment gets the attribute too, but becomes no element.
  const placed = html.replaceAll(TAG_NAME, (tag, start: number) => `${tag} ${PLACE}="${start}"`)
  const harmless = FORBIDDEN.reduce((text, [what, instead]) => text.replaceAll(what, instead), placed)
  const page = new DOMParser().parseFromString(harmless, 'text/html')
  const places = new Set(selectors.flatMap((selector) => placesOf(page, selector)))
  return [...places]
    .toSorted((one, other) => one - other)
    .slice(0, MOST_MARKS)
    .map((start, index, all) => ({ start, end: Math.min(endOfTag(html, start), all[index + 1] ?? html.length) }))
}

/**
 * A selector that the browser does not know selects nothing. Neither does one that could take long: whoever wrote the suite
 * would hold up everyone who opens its result.
 */
function placesOf(page: Document, selector: string): number[] {
  if (selector.length > MOST_SELECTOR_LENGTH || selector.toLowerCase().includes(':has')) return []
  try {
    const selected = [...page.querySelectorAll(selector)]
    return selected.flatMap((element) => {
      const place = element.getAttribute(PLACE)
      return place === null ? [] : [Number(place)]
    })
  } catch {
    return []
  }
}

/** That of a check like "css `h1` text equals …". */
function selectorOf(check: string): string[] {
  const selector = /^css `([^`]+)`/.exec(check)?.[1]
  return selector === undefined ? [] : [selector]
}

function endOfTag(html: string, start: number): number {
  const tag = new RegExp(OPENING_TAG)
  tag.lastIndex = start
  return tag.exec(html) === null ? start + 1 : tag.lastIndex
}
