import { describe, expect, it } from 'vitest'
import { firstPiece, suiteLanguage } from './suite-language'

/** The texts that are not what the parser expects. */
function errorsIn(text: string): string[] {
  const errors: string[] = []
  suiteLanguage.language.parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) errors.push(text.slice(from, to))
    },
  })
  return errors
}

describe('the language of suites', () => {
  it('reads templates without quotes', () => {
    expect(errorsIn('form: { user: ${user}, csrf: ${csrf}/ }\ntags: [${a}, ${secret.b}]\n')).toEqual([])
    expect(errorsIn('form: { user: {a} b }')).not.toEqual([])
  })

  it('has no tree where one would be nested too deeply for the stack', () => {
    const parse = suiteLanguage.language.parser.startParse('['.repeat(1_000_000))
    while (parse.parsedPos < 5500) parse.advance()
    // An editor stops the parser when its time is over, and takes what there is.
    parse.stopAt(parse.parsedPos)
    let tree
    while (!tree) tree = parse.advance()
    expect([tree.length, tree.children.length]).toEqual([parse.stoppedAt, 0])
  })

  it('cuts a long line, but no template', () => {
    expect(firstPiece('a${b}')).toBe('a${b}')
    expect(firstPiece(`${'x'.repeat(1998)}\${name}`)).toBe('x'.repeat(1998))
    expect(firstPiece(`\${${'x'.repeat(5000)}`)).toHaveLength(2000)
    expect(errorsIn(`[${'${name}, '.repeat(2000)}]`)).toEqual([])
  })
})
