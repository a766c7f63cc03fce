import { type Document, isNode, LineCounter, parseDocument, stringify } from 'yaml'
import { hideTemplates, showTemplates, showTemplatesOf } from './templates.ts'

/** A problem in the text of a suite, with its position if known. */
export interface TextProblem {
  message: string
  /** From 1 */
  line?: number
  /** From 1 */
  column?: number
  /** From 0, for setting the caret */
  offset?: number
}

/** The parsed text of a suite. JSON is valid YAML, so it is accepted too. */
export class SuiteText {
  readonly problems: TextProblem[] = []
  /** The suite, if there are no problems */
  readonly suite: object | undefined
  /** The parsed text. Templates in it are as they were written */
  readonly document: Document.Parsed
  private readonly lines = new LineCounter()

  constructor(text: string) {
    this.document = parseDocument(hideTemplates(text), { lineCounter: this.lines, prettyErrors: false })
    showTemplatesOf(this.document)
    this.problems = this.document.errors.map(({ message, pos }) => ({
      message: showTemplates(message),
      ...this.place(pos[0]),
    }))
    if (this.problems.length === 0) this.suite = this.read()
  }

  /** The position of a path like `tests[2].expect[0].css`, or of its longest part that is in the text. */
  locate(path: string): { line: number; column: number; offset: number } | undefined {
    const keys = path.match(/[^.[\]]+/g)?.map((key) => (/^\d+$/.test(key) ? Number(key) : key)) ?? []
    for (let length = keys.length; length > 0; length -= 1) {
      const node: unknown = this.document.getIn(keys.slice(0, length), true)
      if (isNode(node) && node.range) return this.place(node.range[0])
    }
    return undefined
  }

  private read(): object | undefined {
    const value = this.toValue()
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    if (this.problems.length === 0) this.problems.push({ message: 'a suite is a map with `suite` and `tests`' })
    return undefined
  }

  /** `toJS`, not the parser, rejects aliases that expand without limit. */
  private toValue(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: 100 })
    } catch (error) {
      this.problems.push({ message: showTemplates(error instanceof Error ? error.message : String(error)) })
      return undefined
    }
  }

  private place(offset: number): { line: number; column: number; offset: number } {
    const { line, col } = this.lines.linePos(offset)
    return { line, column: col, offset }
  }
}

/** A stored suite as text to edit. */
export function suiteToText(suite: unknown): string {
  return stringify(suite, { lineWidth: 100 })
}
