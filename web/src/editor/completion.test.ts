import { describe, expect, it } from 'vitest'
import { MOST_CHARACTERS } from './check'
import { completionsAt } from './completion'
import { SUITE_SCHEMA } from './suite-schema'

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options']

/** What is offered at the last `|` of a text. */
function at(text: string, isAsked = true) {
  const offset = text.lastIndexOf('|')
  return completionsAt(text.slice(0, offset) + text.slice(offset + 1), offset, SUITE_SCHEMA, isAsked)
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

describe('the names that are offered in a template', () => {
  const MADE = ['new.uuid', 'new.date']
  const inSuite = (rest: string) => `suite: S\nvars: { base: https://x, user: ada }\n${rest}`
  const inTests = (lines: string) => inSuite(inTest(lines).replace('suite: S\n', ''))
  const STEPS = `setup:
  - post: x
    capture: { cart: { json: $.id } }
steps:
  - get: FIRST
    capture: { a: { json: LATER } }
    expect: [ { status: CHECK } ]
  - get: SECOND
    capture:
      b: { json: $.b }
teardown:
  - delete: LAST`
  const inSteps = (place: string) => inTests(STEPS.replace(place, '${|}').replaceAll(/[A-Z]{4,}/g, 'x'))

  it.each([
    ['the variables of the suite', inTests('get: ${|}'), ['base', 'user', ...MADE]],
    ['in a part of a value', inTests('get: ${base}/a?b=${|}&c=1'), ['base', 'user', ...MADE]],
    ['in what the suite sets for all', inSuite('defaults: { headers: { a: "${|}" } }'), ['base', 'user', ...MADE]],
    ['in a group of checks', inSuite('checks:\n  ok:\n    - css: ${|}'), ['base', 'user', ...MADE]],
    ['in a variable, without itself', 'vars:\n  a: 1\n  b: ${|}\n', ['a', ...MADE]],
    [
      'of `each`',
      inTests('each: { lang: [en], device: [a, b] }\nget: ${|}'),
      ['lang', 'device', 'base', 'user', ...MADE],
    ],
    [
      'of a table of comma-separated values',
      inTests('each:\n  csv: |\n    city, "street"\n    a,b\n  x: [1]\nget: ${|}'),
      ['city', 'street', 'x', 'base', 'user', ...MADE],
    ],
    [
      'of a table of objects',
      inTests('each: { json: [ { id: 1, title: A }, { id: 2 } ] }\nget: ${|}'),
      ['id', 'title', 'base', 'user', ...MADE],
    ],
    [
      'of no table that is in a file',
      inTests('each: { csv: a.csv, json: b.json }\nget: ${|}'),
      ['base', 'user', ...MADE],
    ],
    ['of lists with the names of tables', inTests('each: { csv: [1], json: [2] }\nname: ${|}'), ['csv', 'json']],
    ['of `each` alone, in the name of a test', inTests('each: { lang: [en] }\nname: ${|}'), ['lang']],
    [
      'in the values of `each`, but no secret',
      inTests('bearer: ${secret.a}\neach: { a: ["${|}"] }'),
      ['base', 'user', ...MADE],
    ],
    [
      'the address of a page',
      inTests('discover: { links: x }\nexpect: [ { url: ${|} } ]'),
      ['page', 'base', 'user', ...MADE],
    ],
    ['no page where it is looked for', inTests('discover: { links: "${|}" }'), ['base', 'user', ...MADE]],
    [
      'secrets that are used, once',
      inTests('bearer: ${secret.a}\nbasic: { user: ${secret.b}, password: ${secret.a} }\nget: ${|}'),
      ['base', 'user', ...MADE, 'secret.a', 'secret.b'],
    ],
    ['what setup has captured', inSteps('FIRST'), ['cart', 'base', 'user', ...MADE]],
    ['in a capture', inSteps('LATER'), ['cart', 'base', 'user', ...MADE]],
    ['in a check, what its step has captured', inSteps('CHECK'), ['a', 'cart', 'base', 'user', ...MADE]],
    ['what earlier steps have captured', inSteps('SECOND'), ['a', 'cart', 'base', 'user', ...MADE]],
    ['in teardown, what all steps have captured', inSteps('LAST'), ['b', 'a', 'cart', 'base', 'user', ...MADE]],
    [
      'of a test without steps',
      inTests('get: x\ncapture: { id: { json: $ } }\nexpect: [ { css: ${|} } ]'),
      ['id', 'base', 'user', ...MADE],
    ],
    [
      'of its own test alone',
      inTests('get: x\ncapture: { id: { json: $ } }\n').trimEnd() + '\n  - name: B\n    get: ${|}',
      ['base', 'user', ...MADE],
    ],
    ['each once', inTests('each: { base: [a] }\nget: ${|}'), ['base', 'user', ...MADE]],
    ['in the name of a header', inTests('headers: { x-${|}: 1 }'), ['base', 'user', ...MADE]],
    [
      'no names that templates cannot use',
      'vars: { "a}": 1, a b: 1, \u0007: 1, größe: 1 }\ntests: [ { get: "${|}" } ]',
      ['größe', ...MADE],
    ],
  ])('%s', (_, text, expected) => {
    expect(labels(text)).toEqual(expected)
  })

  it.each([
    ['without its end', inTests('get: ${|')],
    ['without its end, behind a name', inTests('get: ${ba|')],
    ['in the middle of a line', inTests('get: ${|/a b')],
    ['in a flow mapping', inTests('form: { user: ${|, b: ${base} }\nget: x')],
    ['in a flow mapping without its end', inTests('form: { user: ${us|\nget: x')],
    ['in quotes', inTests('form: { user: "${|" }')],
    ['in quotes without their end', inTests('form: { user: "${|')],
    ['in JSON without its end', '{"vars": {"base": 1, "user": 2}, "tests": [{"get": "${|'],
    ['in a text of several lines', inTests('text: |\n  a\n  ${us|} b\nget: x')],
    ['behind a mapping without its end', inTests('form: { user: [\nget: ${|')],
    ['behind a template without its end', inTests('get: ${base\nexpect: [ { css: ${|} } ]')],
    ['without a dash', inSuite('tests:\n  name: A\n  get: ${|')],
    ['at the wrong depth', inSuite('tests:\n  - name: A\n   get: ${|')],
    ['under a key that is not known', inSuite('test: ${|')],
  ])('while the text around it is incomplete: %s', (_, text) => {
    expect(labels(text)).toEqual(['base', 'user', ...MADE])
  })

  it('are offered before a word is begun', () => {
    expect(at(inTests('get: ${|}'), false)).toBeDefined()
    expect(at(inTests('get: $|'), false)).toBeUndefined()
  })

  it('replace the whole name and end the template, unless it ends', () => {
    const text = inTests('get: ${ba|se}/')
    const from = text.indexOf('ba|')
    expect(at(text)).toMatchObject({ from, to: from + 4 })
    expect(option(text, 'base')?.text).toBe('base')
    expect(at(inTests('get: ${secret.a|b-c'))).toMatchObject({ from, to: from + 'secret.ab-c'.length })
    expect(option(inTests('get: ${|'), 'base')?.text).toBe('base}')
    expect(option(inTests('get: ${ |'), 'base')?.text).toBe('base }')
    expect(option(inTests('get: ${ b| }'), 'base')?.text).toBe('base')
    expect(option(inTests('form: { user: ${| }'), 'base')?.text).toBe('base}')
  })

  it('say what they are', () => {
    const { description } = option(inTests('get: ${|}'), 'base')?.explanation ?? {}
    expect(description).toBe('A variable of the suite')
  })

  it.each([
    ['behind two dollars', inTests('get: $${|')],
    ['behind their end', inTests('get: ${base}|')],
    ['in a comment', inTests('get: x # ${|}')],
    ['in the name of the suite', inSuite('suite: ${|}')],
    ['in the name of a file', inSuite('include: [${|}]')],
    ['in a JSON Schema', inTests('expect: [ { schema: { const: ${|} } } ]')],
    ['in the key of a form', inTests('form: { ${|}: x }')],
    ['in the name of a test without `each`', inTests('name: ${|}')],
    ['in a text that is too large', inTests(`get: \${|}\n# ${'x'.repeat(2 ** 20)}`)],
  ])('are not offered %s', (_, text) => {
    expect(at(text)).toBeUndefined()
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

/** Far longer than anything bounded takes on a busy machine, in milliseconds. */
const LONG = 60_000

describe('a hostile text', () => {
  const names = (count: number) => Array.from({ length: count }, (_, number) => `a${number}: 1`).join(', ')

  it.each([
    ['deep lists', `${'['.repeat(90_000)}|`],
    ['deep mappings', `${'{a: '.repeat(20_000)}|`],
    ['deep checks', `suite: S\ntests: [{ name: A, expect: [${'{not: '.repeat(500)}{ s|`],
    ['a long word', `suite: S\n${'a'.repeat(90_000)}|`],
    ['a word behind a long one', `suite: "${'a'.repeat(90_000)} a|`],
    ['an alias to itself', 'suite: &a [*a]\ntests: *a\n|'],
    ['the character that stands for the cursor', 'suite: \uf8ff\n\uf8ff: |'],
    ['control characters', `${'\u0000\u001b'.repeat(40_000)}|`],
    ['aliases of aliases', `a: &a [x, x]\nb: &b [${'*a, '.repeat(20)}]\nc: [${'*b, '.repeat(20)}]\n|`],
    ['variables', `vars: {${names(9000)}}\na: \${|`],
    ['beginnings of templates', `suite: S\na: "${'${'.repeat(48_000)}|`],
    ['beginnings of secrets', `suite: S\na: "${'${secret.'.repeat(10_000)}\${|`],
    ['a long secret', `suite: S\na: "\${secret.${'a'.repeat(98_000)} \${|`],
    ['spaces in a template', `suite: S\na: "\${${' '.repeat(98_000)}|`],
    ['a long name', `suite: S\na: "\${${'a'.repeat(98_000)}|`],
    [
      'captures again and again',
      `tests: [{ a: &a { capture: {${names(8000)}} }, setup: [${'*a, '.repeat(99)}], get: \${|`,
    ],
    ['columns', `tests: [{ each: { csv: "${'a,'.repeat(45_000)}\\n" }, get: "\${|`],
    ['quotes in a column', `tests: [{ each: { csv: '${'"'.repeat(90_000)}\n\n' }, get: "\${|`],
  ])('of %s gets its completions', { timeout: LONG }, (_, text) => {
    expect(() => at(text)).not.toThrow()
  })
})
