import { describe, expect, it } from 'vitest'
import { check, MOST_CHARACTERS } from './check'
import { SUITE_SCHEMA } from './suite-schema'
import { badSuites, goodSuites } from './testing'

/** `line:column message`, and the hint in brackets. */
function mistakesIn(text: string): string[] {
  return check(text, SUITE_SCHEMA).mistakes.map(({ from, message, hint }) => {
    const before = text.slice(0, from)
    const place = `${before.split('\n').length}:${from - before.lastIndexOf('\n')}`
    return `${place} ${message}${hint === undefined ? '' : ` (${hint})`}`
  })
}

const inTest = (lines: string) => `suite: S\ntests:\n  - name: Home\n${lines.replaceAll(/^/gm, '    ')}\n`

describe('the check while typing', () => {
  it.each(goodSuites)('finds nothing in $name', ({ text }) => {
    expect(check(text, SUITE_SCHEMA)).toEqual({ mistakes: [] })
  })

  it('finds mistakes only in lines, or next to lines, of which `stepcast lint` complains', () => {
    for (const { name, text, lines } of badSuites.filter((one) => !/^(yaml|json)-/.test(one.name))) {
      const found = mistakesIn(text).map((mistake) => Number.parseInt(mistake))
      // Of keys that exclude each other, and of values of several lines, another line may be named.
      const isNear = (line: number) => [line - 2, line - 1, line, line + 1].some((near) => lines.has(near))
      expect(
        found.filter((line) => !isNear(line)),
        name,
      ).toEqual([])
    }
  })

  it('finds mistakes in the syntax where the parser does', () => {
    for (const { text } of badSuites.filter((one) => /^(yaml|json)-/.test(one.name))) {
      for (const { from, to } of check(text, SUITE_SCHEMA).mistakes) {
        expect(from).toBeGreaterThanOrEqual(0)
        expect(to).toBeLessThanOrEqual(text.length)
      }
    }
  })

  it('finds most mistakes that `stepcast lint` finds', () => {
    const found = badSuites.filter(({ text }) => check(text, SUITE_SCHEMA).mistakes.length > 0)
    expect(found.length / badSuites.length).toBeGreaterThan(0.75)
  })

  it('finds nothing in an empty text', () => {
    expect(mistakesIn(' \n')).toEqual([])
  })

  it.each([
    ['gett: https://x/', ['4:5 unknown key `gett` (did you mean `get`?)']],
    [
      'get: https://x/\nshare: maybe',
      [
        '5:12 expected `true` or `false`, found the text `maybe` (Whether the test may use the answer that another test got to the same request)',
      ],
    ],
    [
      'get: https://x/\nevidence: fail',
      ['5:15 expected one of none, failed, changes, all, found the text `fail` (did you mean `failed`?)'],
    ],
    [
      'get: https://x/\ntimeout: 5000',
      [
        '5:14 expected a duration like `800ms`, `10s` or `1m30s`, found the number 5000 (Time for the request, redirects and body included; at most 2m)',
      ],
    ],
    [
      'get: https://x/\nexpect: 5',
      ['5:13 expected a list, found a number (The checks of the answer; all of them are evaluated and reported)'],
    ],
    [
      'get: https://x/\nretries: 11',
      [
        '5:14 expected a whole number from 0 to 10 or a mapping, found the number 11 (When to retry the test; replaces the setting of `defaults`)',
      ],
    ],
    ['get: https://x/\npost: https://x/', ['5:5 `post` cannot be combined with `get`']],
    ['get: https://x/\njson: {}', ['5:5 `json` cannot be combined with the other keys here']],
    [
      'get: https://x/\nexpect: [ { header: a, attr: b } ]',
      ['5:28 `attr` cannot be combined with the other keys here'],
    ],
    ['get: https://x/\nexpect: [ { status: 200, css: h1 } ]', ['5:30 `css` cannot be combined with `status`']],
    [
      'get: https://x/\nexpect: [ { status: { at_last: 200 } } ]',
      ['5:27 unknown key `at_last` (did you mean `at_least`?)'],
    ],
    [
      'get: ""',
      [
        '4:10 expected an absolute address like `https://shop.example/`, found an empty text (The address to request, absolute, http or https)',
      ],
    ],
    ['tags: [a]', ['3:5 this needs one of get, post, put, patch, delete, head, options, steps, discover']],
    ['steps: []', ['4:12 expected 1 to 50 items, found 0']],
    ['get: {', ['4:10 Flow map in block collection must be sufficiently indented and end with a }']],
  ])('says what is wrong with %j', (lines, expected) => {
    expect(mistakesIn(inTest(lines))).toEqual(expected)
  })

  it('reads templates in flow collections', () => {
    expect(mistakesIn(inTest('{ get: ${base}/, form: { a: ${b} } }').replace('- name: Home\n   ', '-'))).toHaveLength(1)
    expect(mistakesIn(inTest('post: ${base}/\nform: { user: ${user}, "${x}": ${y} }'))).toEqual([])
  })

  it('marks no more than one line', () => {
    const text = inTest('get: https://x/\nevidence:\n  a: 1\n  b: 2')
    for (const { from, to } of check(text, SUITE_SCHEMA).mistakes) expect(text.slice(from, to)).toBe('a: 1')
  })

  it('finds a mistake in what an alias refers to', () => {
    const text = 'suite: S\nchecks: { a: &a [ { stat: 1 } ] }\ntests: [ { name: A, get: "https://x/", expect: *a } ]'
    expect(mistakesIn(text)).toEqual(Array(2).fill(expect.stringContaining('2:21 unknown key `stat`')))
  })

  it('says so if the text is too large', () => {
    const { mistakes, refusal } = check(`suite: ${'x'.repeat(MOST_CHARACTERS)}`, SUITE_SCHEMA)
    expect(mistakes).toEqual([])
    expect(refusal).toContain('too large to be checked while you type')
  })
})

const fill = (piece: string) => piece.repeat(Math.floor(MOST_CHARACTERS / piece.length))
const repeated = (levels: number, line: (level: number) => string) =>
  Array.from({ length: levels }, (_, level) => line(level)).join('')

/** Far longer than anything bounded takes on a busy machine, in milliseconds. */
const LONG = 60_000

describe('a hostile text', () => {
  it.each([
    ['a long line', fill('x')],
    ['deep lists', fill('[')],
    ['deep mappings', fill('{a: ')],
    ['deep blocks', repeated(400, (level) => `${' '.repeat(level)}a:\n`)],
    ['deep checks', `suite: S\ntests: [{ name: A, get: "http://x/", expect: [${'{not: '.repeat(5000)}`],
    [
      'deep valid checks',
      `suite: S\ntests: [{ name: A, get: "http://x/", expect: [${'{not: '.repeat(500)}{}${'}'.repeat(500)}]}]`,
    ],
    ['control characters', fill('\u0000\u0007\u001b')],
    ['invisible characters', `suite: ${fill('\u202e\u200b').slice(10)}`],
    ['half characters', `suite: "${fill('\ud800').slice(20)}"`],
    ['tabs', `suite:\n${fill('\t').slice(10)}x`],
    ['anchors', repeated(5000, (level) => `- &a${level} x\n`)],
    ['an alias to itself', 'suite: &a [*a]\ntests: *a'],
    ['a key like a method', 'suite: S\nconstructor: 1\n__proto__: { a: 1 }\ntests: [{ toString: 1 }]'],
    ['many mistakes', `suite: S\ntests:\n${fill('  - { a: 1 }\n').slice(40)}`],
    ['a long key', `suite: S\n${fill('k').slice(60)}: 1`],
    ['templates', fill('${a}')],
    ['open templates', fill('${a')],
    ['many keys', repeated(5000, (level) => `key${level}: 1\n`)],
  ])('of %s is checked', { timeout: LONG }, (_, text) => {
    const { mistakes, refusal } = check(text, SUITE_SCHEMA)
    expect(mistakes.length).toBeLessThanOrEqual(50)
    expect(mistakes.length > 0 || refusal !== undefined).toBe(true)
    for (const { from, to, message, hint } of mistakes) {
      expect(from).toBeLessThanOrEqual(to)
      expect(to).toBeLessThanOrEqual(text.length)
      expect(message.length + (hint?.length ?? 0)).toBeLessThan(2000)
    }
  })
})
