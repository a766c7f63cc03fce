import { type Diagnostic, setDiagnostics } from '@codemirror/lint'
import type { ChangeDesc, EditorState } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import type { Mistake } from './check'

/**
 * What is marked in the text: what the server refused, and what was found here since. A mark of the server goes away
 * when its text is changed, because only the server can tell whether that mends it.
 */
export class Marks {
  private refused: readonly Mistake[] = []
  private found: readonly Mistake[] = []

  refuse(view: EditorView, refused: readonly Mistake[]): void {
    this.refused = refused
    this.draw(view)
  }

  find(view: EditorView, found: readonly Mistake[]): void {
    this.found = found
    this.draw(view)
  }

  /** What was found here in lines in which the server refused nothing: it says the same of the others, and more. */
  others({ doc }: EditorState): Mistake[] {
    const lineOf = ({ from }: Mistake) => doc.lineAt(Math.min(from, doc.length)).number
    const lines = new Set(this.refused.map(lineOf))
    return this.found.filter((one) => !lines.has(lineOf(one)))
  }

  follow(changes: ChangeDesc): void {
    this.refused = this.refused
      .filter(({ from, to }) => changes.touchesRange(from, to) === false)
      .map((one) => ({ ...one, from: changes.mapPos(one.from, 1), to: changes.mapPos(one.to, -1) }))
  }

  private draw(view: EditorView): void {
    const shown = [...this.refused, ...this.others(view.state)]
    const diagnostics = shown.map((one) => diagnosticOf(one, view.state.doc.length))
    view.dispatch(setDiagnostics(view.state, diagnostics))
  }
}

function diagnosticOf({ from, to, message, hint }: Mistake, length: number): Diagnostic {
  const text = hint === undefined ? message : `${message}\nhint: ${hint}`
  return { from: Math.min(from, length), to: Math.min(to, length), severity: 'error', message: text }
}
