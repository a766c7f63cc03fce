// @vitest-environment happy-dom

import { describe, expect, it } from 'vitest'
import { marksOf } from './marks'

const failed = (check: string) => ({ check, outcome: 'failed' as const })

function marked(html: string, ...checks: string[]): string[] {
  return marksOf(html, checks.map(failed)).map(({ start, end }) => html.slice(start, end))
}

describe('the marks in the source of a page', () => {
  it('are the opening tags that failed checks select, each once', () => {
    const html = '<!-- <h1> --><p title="a > b"><h1 class="a">One</h1><H1>Two</H1></p>'
    expect(marked(html, 'css `h1` text equals "Three"', 'css `h1.a` exists')).toEqual(['<h1 class="a">', '<H1>'])
    expect(marked(html, 'css `p` attribute href equals "/"')).toEqual(['<p title="a > b">'])
  })

  it('are not those of checks that hold, or select nothing', () => {
    expect(marksOf('<h1>', [{ check: 'css `h1` exists', outcome: 'passed' }])).toEqual([])
    expect(marked('<h1>', 'status equals 200', 'css `h2`', 'css `h1[`', 'css `::no-such()`')).toEqual([])
  })

  it('are not looked for with a selector that could take long', () => {
    expect(marked('<p><b>a</b></p>', 'css `p:has(b)`', `css \`${'b, '.repeat(100)}p\``)).toEqual([])
  })

  it('do not believe the page', () => {
    expect(marked('<h1 data-stepcast-place="9999">a</h1>', 'css `h1`')).toEqual(['<h1 data-stepcast-place="9999">'])
    expect(marked('<script>"<h1>"</script><h1 a="', 'css `h1`').length).toBeLessThanOrEqual(1)
  })

  it('are right beside what a policy forbids', () => {
    const html = '<base href="/b/"><img/onerror=a()><h1 onclick = "a()">One</h1>'
    expect(marked(html, 'css `h1`', 'css `img`')).toEqual(['<img/onerror=a()>', '<h1 onclick = "a()">'])
  })

  it('do not overlap if the end of a tag is unclear', () => {
    expect(marked("<b a=c'>a</b><b>b</b>'>", 'css `b`')).toEqual(["<b a=c'>a</b>", '<b>'])
  })

  it('are not more than can be looked at', () => {
    expect(marked('<b>a</b>'.repeat(1000), 'css `b`')).toHaveLength(100)
  })
})
