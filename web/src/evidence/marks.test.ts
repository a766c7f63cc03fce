// @vitest-environment happy-dom

import { describe, expect, it, vi } from 'vitest'
import type { CheckResult } from 'stepcast-client'
import { marksOf } from './marks'

const failed = (check: string): CheckResult => ({ check, outcome: 'failed' })
const passed = (check: string): CheckResult => ({ check, outcome: 'passed' })

/** The marked tags, those of failed checks with `!` before them. */
const told = (html: string, checks: readonly CheckResult[]) =>
  marksOf(html, checks).map(({ start, end, isFailed }) => `${isFailed ? '!' : ''}${html.slice(start, end)}`)

function marked(html: string, ...checks: string[]): string[] {
  return marksOf(html, checks.map(failed)).map(({ start, end }) => html.slice(start, end))
}

describe('the marks in the source of a page', () => {
  it('are the opening tags that checks select, each once', () => {
    const html = '<!-- <h1> --><p title="a > b"><h1 class="a">One</h1><H1>Two</H1></p>'
    expect(marked(html, 'css `h1` text equals "Three"', 'css `h1.a` exists')).toEqual(['<h1 class="a">', '<H1>'])
    expect(marked(html, 'css `p` attribute href equals "/"')).toEqual(['<p title="a > b">'])
  })

  it('tell those of failed checks from those of checks that hold', () => {
    const html = '<h1>One</h1><p>Two</p><b>Three</b>'
    const checks = [passed('css `h1`'), failed('css `b` text'), passed('css `p` count'), failed('css `h1` text')]
    expect(told(html, checks)).toEqual(['!<h1>', '<p>', '!<b>'])
    expect(told(html, [{ check: 'css `h1`', outcome: 'flaky' }])).toEqual(['<h1>'])
  })

  it('are none of checks that are about no element, or select nothing', () => {
    expect(told('<h1>a</h1>', [failed('body contains "a"'), passed('regex `h1`'), failed('json `$.h1`')])).toEqual([])
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

  it('are not more than can be looked at, and then those of failed checks', () => {
    const html = `${'<b>a</b>'.repeat(1000)}<i>z</i>`
    expect(marked(html, 'css `b`')).toHaveLength(100)
    expect(told(html, [passed('css `b`'), failed('css `i`')]).at(-1)).toBe('!<i>')
  })

  it('are looked for only for as long as a page can wait', () => {
    let now = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 100))
    const [html, checks] = [
      '<a></a><b></b><i></i><p></p>',
      ['a', 'b', 'i', 'p'].map((name) => passed(`css \`${name}\``)),
    ]
    expect(told(html, checks)).toEqual(['<a>', '<b>', '<i>'])
    clock.mockRestore()
  })
})
