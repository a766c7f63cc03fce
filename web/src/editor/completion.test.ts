import { describe, expect, it } from 'vitest'
import { MOST_CHARACTERS } from './check'
import { completionsAt } from './completion'
import { SUITE_SCHEMA } from './suite-schema'

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']

/** What is offered at the `|` of a text. */
function at(text: string, isAsked = true) {
  return completionsAt(text.replace('|', ''), text.indexOf('|'), SUITE_SCHEMA, isAsked)
}
const labels = (text: string) => at(text)?.options.map(({ label }) => label) ?? []
const option = (text: string, name: string) => at(text)?.options.find(({ label }) => label === name)
const inTest = (lines: string) => `suite: S\ntests:\n  - name: A\n    ${lines.replaceAll('\n', '\n    ')}`
const inCheck = (lines: string) => inTest(`get: \${base}/\nexpect:\n  - status: 200\n  ${lines}`)

describe('the keys that are offered', () => {
  it.each([
    ['in an empty text', '|', ['suite', 'include', 'vars', 'defaults', 'checks', 'tests']],
    ['in a suite', 'suite: S\n|\n', ['include', 'vars', 'defaults', 'checks', 'tests']],
    ['in a suite, for a word', 'suite: S\nte|', ['include', 'vars', 'defaults', 'checks', 'tests']],
    ['in a block deeper', 'suite: S\ndefaults:\n  host:\n    |', ['concurrency', 'interval']],
    ['in a flow mapping', 'suite: S\ndefaults: { host: { | } }', ['concurrency', 'interval']],
    ['in a flow mapping without its end', 'suite: S\ndefaults: { host: { c|', ['concurrency', 'interval']],
    [
      'in a flow mapping of several lines',
      'suite: S\ndefaults: {\n  host: {\n    |\n  }\n}',
      ['concurrency', 'interval'],
    ],
    ['behind a template', inTest('discover: { sitemap: ${base}/, | }'), ['limit', 'include', 'exclude', 'robots']],
    ['in JSON', '{"suite": "S", "defaults": {"host": {"|"}}}', ['concurrency', 'interval']],
    ['before a colon', 'suite: S\ndefaults:\n  host:\n    con|: 1', ['concurrency', 'interval']],
    ['of a capture, beside another', inTest('get: x\ncapture:\n  id: { json: $.x, | }'), ['filter']],
    ['in a choice of a number or a mapping', inTest('retries:\n  |'), ['max', 'on']],
    ['in an item of an item', inCheck('- any:\n    - not: { e| }').replace('e|', 'status: 1, equ|'), []],
  ])('%s', (_, text, expected) => {
    if (expected.length > 0) expect(labels(text)).toEqual(expected)
    else expect(labels(text)).toContain('equals')
  })

  it('begin with those of which one is needed', () => {
    const keys = labels(inTest('|'))
    expect(keys.slice(0, 9).sort()).toEqual([...METHODS, 'discover', 'steps'].sort())
    expect(keys).not.toContain('name')
  })

  it('leave out what the other keys exclude, wherever these are', () => {
    for (const text of [inTest('get: x\n|'), inTest('|\nget: x')]) {
      const keys = labels(text)
      expect(keys).toEqual(expect.arrayContaining(['expect', 'headers', 'capture']))
      for (const key of [...METHODS, 'steps', 'discover', 'json', 'form']) expect(keys).not.toContain(key)
    }
    expect(labels(inTest('form: { a: b }\n|'))).not.toContain('get')
    expect(labels(inTest('discover: { links: x, | }'))).not.toContain('sitemap')
  })

  it('are the matchers of the subject', () => {
    expect(labels(inCheck('- css: h1\n    |'))).toEqual(expect.arrayContaining(['text', 'attr', 'count', 'matches']))
    const ofStatus = labels(inCheck('- status:\n      |'))
    expect(ofStatus).toEqual(expect.arrayContaining(['equals', 'at_least', 'one_of']))
    expect(ofStatus).not.toContain('css')
    expect(labels(inCheck('- header: a\n    |'))).not.toContain('attr')
    expect(labels(inCheck('- { css: h1, text: x, | }'))).not.toContain('html')
  })

  it('are all subjects in a new check', () => {
    expect(labels(inCheck('- |'))).toEqual(expect.arrayContaining(['status', 'css', 'json', 'links', 'any', 'use']))
    expect(labels(inCheck('- |'))[0]).toBe('status')
  })

  it('are those of the first item, with its dash, where a list has to be', () => {
    expect(option(inTest('expect:\n  |'), 'status')?.text).toBe('- status: ')
    expect(option('suite: S\ntests:\n  |', 'name')?.text).toBe('- name: ')
    expect(option(inTest('|'), 'expect')?.text).toBe('expect:\n      - ')
    expect(option('suite: S\ntests:\n  |', 'expect')?.text).toBe('- expect:\n      - ')
  })

  it('insert a colon, unless there is one', () => {
    expect(option('|', 'suite')?.text).toBe('suite: ')
    expect(option('suite: S\n|', 'defaults')?.text).toBe('defaults:\n  ')
    expect(option('suite: S\ndefaults: { | }', 'host')?.text).toBe('host: ')
    expect(option('suite: S\ndef|: x', 'defaults')?.text).toBe('defaults')
    expect(option('{"|"}', 'suite')?.text).toBe('suite')
  })

  it('come with their descriptions', () => {
    expect(option('suite: S\ndefaults:\n  |', 'timeout')?.explanation).toEqual({
      description: 'Time for the request, redirects and body included; at most 2m',
      details: 'a duration like `800ms`, `10s` or `1m30s`; by default `10s`',
    })
    expect(option(inTest('|'), 'retries')?.explanation.details).toBe('a whole number from 0 to 10 or a mapping')
    expect(option(inCheck('- status: { | }'), 'at_least')?.explanation.description).toContain('this or more')
  })

  it('replace the whole word', () => {
    expect(at('suite: S\nte|sts')).toMatchObject({ from: 9, to: 14 })
    expect(at('suite: S\n|')).toMatchObject({ from: 9, to: 9 })
  })
})

describe('the values that are offered', () => {
  it.each([
    ['of an enumeration', inTest('evidence: |'), ['none', 'failed', 'changes', 'all']],
    ['for a word', inTest('evidence: f|\nget: x'), ['none', 'failed', 'changes', 'all']],
    ['on their own line', inTest('evidence:\n  |'), ['none', 'failed', 'changes', 'all']],
    ['of a boolean', inTest('share: |'), ['true', 'false']],
    ['of an item', inTest('expect: [ { error: [dns, |] } ]'), ['dns', 'connect', 'tls', 'timeout']],
    ['of an item of a block', inTest('expect:\n  - error:\n      - |'), ['dns', 'connect', 'tls', 'timeout']],
    ['in quotes', inTest('evidence: "|"'), ['none', 'failed', 'changes', 'all']],
    ['of a duration', inTest('wait: |'), ['800ms', '10s', '1m30s']],
    [
      'of a property that depends on another key',
      inTest('capture: { a: { cookie: b, attr: | } }'),
      ['path', 'domain', 'expires', 'max_age', 'secure', 'http_only', 'same_site'],
    ],
  ])('%s', (_, text, expected) => {
    expect(labels(text)).toEqual(expected)
  })
})

describe('nothing is offered', () => {
  it.each([
    ['in a comment', 'suite: S # te|'],
    ['in a text', 'suite: S te|'],
    ['behind a value', inTest('evidence: failed f|')],
    ['in the comment behind a value', inTest('evidence: failed # f|')],
    ['in a quoted text', 'suite: "a te|"'],
    ['in a text of several lines', 'suite: >\n  te|'],
    ['where any text may be', inTest('tags: [s|]')],
    ['without a space behind the colon', inTest('evidence:|')],
    ['in the body that is sent', inTest('post: x\njson: { a| }')],
    ['in a text that is too large', `suite: ${'x'.repeat(MOST_CHARACTERS)}\n|`],
  ])('%s', (_, text) => {
    expect(at(text)).toBeUndefined()
  })

  it('before a word is begun, unless it is asked for', () => {
    expect(at('suite: S\n|', false)).toBeUndefined()
    expect(at('suite: S\nt|', false)).toBeDefined()
  })
})

describe('a hostile text', () => {
  it.each([
    ['deep lists', `${'['.repeat(90_000)}|`],
    ['deep mappings', `${'{a: '.repeat(20_000)}|`],
    ['deep checks', `suite: S\ntests: [{ name: A, expect: [${'{not: '.repeat(500)}{ s|`],
    ['a long word', `suite: S\n${'a'.repeat(90_000)}|`],
    ['an alias to itself', 'suite: &a [*a]\ntests: *a\n|'],
    ['the character that stands for the cursor', 'suite: \uf8ff\n\uf8ff: |'],
    ['control characters', `${'\u0000\u001b'.repeat(40_000)}|`],
    ['aliases of aliases', `a: &a [x, x]\nb: &b [${'*a, '.repeat(20)}]\nc: [${'*b, '.repeat(20)}]\n|`],
  ])('of %s gets its completions in bounded time', (_, text) => {
    const start = performance.now()
    expect(() => at(text)).not.toThrow()
    expect(performance.now() - start).toBeLessThan(5000)
  })
})
