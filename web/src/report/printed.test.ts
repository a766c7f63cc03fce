import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oneLine, printedLines } from './printed'

// The cases of `crates/cli/src/report/printed.rs` and `crates/suite/src/plain.rs`.
describe('a text from others', () => {
  it('moves no cursor and turns no line around', () => {
    expect(oneLine('a\u{1b}[31mb\u{7}c\u{9b}2Jd\u{202e}e\u{200b}f\ng')).toBe(
      String.raw`a\u{1b}[31mb\u{7}c\u{9b}2Jd\u{202e}e\u{200b}f g`,
    )
    expect(printedLines('a\tb\r\nc\rd')).toBe('a\tb\nc\\u{d}d')
  })

  it.each([
    ['::stop-commands::x', String.raw`\u{3a}:stop-commands::x`],
    ['ok\n \u{a0}::error::x', 'ok\n \u{a0}\\u{3a}:error::x'],
    ['a ##[error]b', String.raw`a #\u{23}[error]b`],
    ['###[group]', String.raw`##\u{23}[group]`],
    ['##vso[task.setvariable variable=x]y', String.raw`#\u{23}vso[task.setvariable variable=x]y`],
    ['## a heading, std::fmt, a::b', '## a heading, std::fmt, a::b'],
  ])('is no command of a CI system: %j', (text, printed) => expect(printedLines(text)).toBe(printed))

  const family = '\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}'
  const scotland = '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'
  it.each(['Käse – 5 €', 'می‌خواهم', 'क्‍ष', family, scotland, '❤\u{fe0f}', 'שלום', '日本語', 'a\u{a0}b'])(
    'stays as it is if scripts and emoji are written so: %s',
    (text) => expect(oneLine(text)).toBe(text),
  )

  it.each(['ad\u{200d}min', '\u{200d}ü', 'ü\u{200c}', 'ü\u{200d}\u{200d}ü', 'ü\u{200d} ', 'x\u{e0067}\u{e0062}'])(
    'shows joiners and tags that join nothing: %j',
    (text) => expect(oneLine(text)).toContain(String.raw`\u{`),
  )

  it('has nothing that XML forbids, and does not change a second time', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('::', '##', '[', '\r', '\n', '\ud800', '\ufffe'),
    )
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const printed = printedLines(parts.join(''))
        // https://www.w3.org/TR/xml/#charsets
        expect(printed).toMatch(/^[\t\n\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u)
        for (const line of printed.split('\n')) expect(line).not.toMatch(/^\s*::|##[a-z]*\[/i)
        expect(printedLines(printed)).toBe(printed)
      }),
    )
  })
})
