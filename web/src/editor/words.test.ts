import { describe, expect, it } from 'vitest'
import { closest, hintFor, inBackticks, otherThan } from './words'

describe('the words of problems', () => {
  it('suggest a word with almost the same spelling', () => {
    const known = ['get', 'delete', 'at_least', 'expect']
    expect(closest('gett', known)).toBe('get')
    expect(closest('dleete', known)).toBe('delete')
    expect(hintFor('At-Least', known)).toBe('did you mean `at_least`?')
    expect(hintFor('something', known)).toBe('known here: get, delete, at_least, expect')
    expect(closest('x'.repeat(1_000_000), known)).toBeUndefined()
  })

  it('quote short values, and name the kind of the others', () => {
    expect(otherThan('a list', 'x')).toBe('expected a list, found text')
    expect(otherThan('a duration', 5)).toBe('expected a duration, found the number 5')
    expect(otherThan('a duration', null)).toBe('expected a duration, found nothing')
    expect(otherThan('', {})).toBe('a mapping is not allowed here')
    expect(inBackticks(` a\nb ${'c'.repeat(100)}`)).toBe(`\`a b ${'c'.repeat(56)}…\``)
  })
})
