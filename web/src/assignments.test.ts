import { describe, expect, it } from 'vitest'
import { parseAssignments } from './assignments'

describe('variables', () => {
  it('are read from lines of `KEY=VALUE`', () => {
    const text = 'base=https://x/?a=b\n\n# a remark\n lang = en \nempty='
    expect(parseAssignments(text)).toEqual({
      values: { base: 'https://x/?a=b', lang: 'en', empty: '' },
      problems: [],
    })
  })

  it('report the lines that are invalid', () => {
    expect(parseAssignments('a=1\nb\n=c').problems).toEqual([
      'line 2: expected `KEY=VALUE`',
      'line 3: expected `KEY=VALUE`',
    ])
  })
})
