import { yamlLanguage } from '@codemirror/lang-yaml'
import { indentService, Language, LanguageSupport } from '@codemirror/language'
import { type Input, NodeType, type PartialParse, Parser, Tree, type TreeFragment } from '@lezer/common'
import { hideTemplates } from 'stepcast-client/dashboard'

const LONGEST_PIECE = 2000

type Ranges = readonly { from: number; to: number }[]

/** YAML in which templates need no quotes: the parser does not see their braces. */
class SuiteParser extends Parser {
  createParse(input: Input, fragments: readonly TreeFragment[], ranges: Ranges): PartialParse {
    return new BoundedParse(yamlLanguage.parser.createParse(withoutTemplates(input), fragments, ranges), ranges)
  }
}

/** Leaves a text without colours that is nested so deeply that the parser runs out of stack. */
class BoundedParse implements PartialParse {
  constructor(
    private readonly parse: PartialParse,
    private readonly ranges: Ranges,
  ) {}

  get parsedPos(): number {
    return this.parse.parsedPos
  }

  get stoppedAt(): number | null {
    return this.parse.stoppedAt
  }

  stopAt(position: number): void {
    this.parse.stopAt(position)
  }

  advance(): Tree | null {
    try {
      return this.parse.advance()
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      const end = this.stoppedAt ?? this.ranges.at(-1)?.to ?? 0
      return new Tree(NodeType.none, [], [], end - (this.ranges[0]?.from ?? 0))
    }
  }
}

function withoutTemplates(input: Input): Input {
  return {
    length: input.length,
    lineChunks: false,
    chunk: (from) => hideTemplates(firstPiece(input.chunk(from))),
    read: (from, to) => hideTemplates(input.read(from, to)),
  }
}

/** The parser asks for the rest of a line again and again. A long one is given in pieces that cut no template in two. */
export function firstPiece(line: string): string {
  const piece = line.slice(0, LONGEST_PIECE)
  const template = piece.length < line.length && !piece.endsWith('}') ? piece.lastIndexOf('$') : -1
  return template > 0 && !piece.includes('}', template) ? piece.slice(0, template) : piece
}

/** A line that ends with a colon is continued two columns deeper. */
const indentation = indentService.of((context, offset) => {
  const line = /^(\s*(?:- +)*)[^\s#][^#]*:\s*$/.exec(context.lineAt(offset, -1).text)
  return line?.[1] === undefined ? undefined : line[1].length + context.unit
})

const language = new Language(yamlLanguage.data, new SuiteParser(), [], 'suite')

export const suiteLanguage = new LanguageSupport(language, indentation)
