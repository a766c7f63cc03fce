import { describe, expect, it } from 'vitest'
import { SuiteText } from 'stepcast-client/suite'
import { explanationAt } from './hover'
import { SUITE_SCHEMA } from './suite-schema'

/** The explanation at the `|` of a text. */
function at(text: string) {
  const plain = text.replace('|', '')
  const explained = explanationAt(new SuiteText(plain), text.indexOf('|'), SUITE_SCHEMA)
  return explained && { ...explained.explanation, of: plain.slice(explained.range.from, explained.range.to) }
}

describe('the explanation on hover', () => {
  it('is that of a key and of its value', () => {
    const expected = { description: 'The name of the suite, at most 256 bytes', details: 'text' }
    expect(at('su|ite: Shop')).toEqual({ ...expected, of: 'suite' })
    expect(at('suite: Sh|op')).toEqual({ ...expected, of: 'Shop' })
  })

  it('is that of the place, in blocks and in flow collections', () => {
    const description = 'The status code; `2xx` is any from 200 to 299'
    expect(at('suite: S\ntests:\n  - expect:\n      - sta|tus: 200')?.description).toBe(description)
    expect(at('suite: S\ntests: [ { get: ${x}/, expect: [ { st|atus: 200 } ] } ]')?.description).toBe(description)
    expect(at('suite: S\ndefaults: { time|out: 5s }')?.details).toContain('by default `10s`')
  })

  it.each(['suite: S\nvars:\n  ba|se: x', 'suite: S #| x', 'unknown|: x', '|', '[|[', 'suite: *a|'])(
    'is missing in %j',
    (text) => {
      expect(at(text)).toBeUndefined()
    },
  )
})
