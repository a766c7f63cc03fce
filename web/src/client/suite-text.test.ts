import { describe, expect, it } from 'vitest'
import { SuiteText, suiteToText } from './suite-text.ts'

const SUITE = `suite: Shop
tests:
  - name: Home
    get: https://x/
    expect:
      - status: 200
      - css: h1
        texd: Welcome
`

describe('the text of a suite', () => {
  it('is parsed into an object', () => {
    const { suite, problems } = new SuiteText(SUITE)
    expect(problems).toEqual([])
    expect(suite).toMatchObject({ suite: 'Shop', tests: [{ expect: [{ status: 200 }, { css: 'h1' }] }] })
  })

  it('reports the line and column of a syntax error', () => {
    const { suite, problems } = new SuiteText('suite: Shop\ntests: [\n  - {')
    expect(suite).toBeUndefined()
    expect(problems[0]).toMatchObject({ line: 3 })
    expect(problems[0]?.column).toBeGreaterThan(0)
  })

  it('must be a map', () => {
    expect(new SuiteText('').problems).toHaveLength(1)
    expect(new SuiteText('- a\n- b').problems[0]?.message).toContain('map')
  })

  it('is rejected if its aliases expand without limit', () => {
    const tenOf = (alias: string) => `[${Array(10).fill(`*${alias}`).join(', ')}]`
    const bomb = ['a: &a [x, x]', `b: &b ${tenOf('a')}`, `c: &c ${tenOf('b')}`, `d: ${tenOf('c')}`].join('\n')
    expect(new SuiteText(bomb).suite).toBeUndefined()
    expect(new SuiteText(bomb).problems).toHaveLength(1)
  })

  it('finds the position of the paths that the server reports', () => {
    const text = new SuiteText(SUITE)
    expect(text.locate('tests[0].expect[1].texd')).toMatchObject({ line: 8, column: 15 })
    expect(text.locate('tests[0].expect[1].missing')).toMatchObject({ line: 7 })
    expect(text.locate('nothing')).toBeUndefined()
  })

  it('is the same after writing it as text and parsing it', () => {
    expect(new SuiteText(suiteToText(new SuiteText(SUITE).suite)).suite).toEqual(new SuiteText(SUITE).suite)
  })
})
