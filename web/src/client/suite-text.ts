import { type Document, isNode, LineCounter, parseDocument, stringify } from 'yaml'
import { hideTemplates, showTemplates, showTemplatesOf } from './templates'

/** Something wrong with the text of a suite, where it is known where. */
export interface TextProblem {
  message: string
  /** From 1 */
  line?: number
  /** From 1 */
  column?: number
  /** From 0, for placing a caret */
  offset?: number
}

/** The text of a suite, read. JSON is YAML, so it is read as well. */
export class SuiteText {
  readonly problems: TextProblem[] = []
  /** The suite itself, if there are no problems */
  readonly suite: object | undefined
  private readonly lines = new LineCounter()
  private readonly document: Document.Parsed

  constructor(text: string) {
    this.document = parseDocument(hideTemplates(text), { lineCounter: this.lines, prettyErrors: false })
    showTemplatesOf(this.document)
    this.problems = this.document.errors.map(({ message, pos }) => ({
      message: showTemplates(message),
      ...this.place(pos[0]),
    }))
    if (this.problems.length === 0) this.suite = this.read()
  }

  /** Where in the text `path` is, like `tests[2].expect[0].css`, or the nearest part of it that is there. */
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

  /** Aliases that multiply without bound are refused here, not in the parser. */
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
