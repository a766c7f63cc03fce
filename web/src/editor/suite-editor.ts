import { closeBrackets } from '@codemirror/autocomplete'
import { history } from '@codemirror/commands'
import { bracketMatching, indentOnInput } from '@codemirror/language'
import { lintGutter } from '@codemirror/lint'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, highlightSpecialChars, lineNumbers, placeholder } from '@codemirror/view'
import type { Checked, Mistake } from './check'
import { colours } from './colours'
import { keys } from './keys'
import { LocalCheck } from './local-check'
import { Marks } from './marks'
import { schemaHelp } from './schema-help'
import { suiteLanguage } from './suite-language'

export interface EditorOptions {
  parent: HTMLElement
  text: string
  /** Shown while there is no text */
  example: string
  attributes: Record<string, string>
  onText: (text: string) => void
  /** What the server did not refuse in the same lines, and the text that was checked */
  onChecked: (checked: Checked, text: string) => void
}

/** The editor of a suite. Everything that is typed into it is checked after a pause, and what is wrong is marked. */
export class SuiteEditor {
  private readonly view: EditorView
  private readonly marks = new Marks()
  private readonly attributes = new Compartment()
  private readonly check: LocalCheck
  private text: string
  private checked: Checked & { text: string } = { mistakes: [], text: '' }

  constructor(private readonly options: EditorOptions) {
    this.text = options.text
    this.check = new LocalCheck((checked, text) => {
      this.checked = { ...checked, text }
      this.marks.find(this.view, checked.mistakes)
      this.report()
    })
    this.view = new EditorView({ doc: options.text, parent: options.parent, extensions: this.extensions() })
    this.check.soon(options.text)
  }

  /** Replaces the text, unless it is the one that was typed here. */
  replace(text: string): void {
    if (text === this.text) return
    this.text = text
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } })
  }

  describe(attributes: Record<string, string>): void {
    this.view.dispatch({ effects: this.attributes.reconfigure(EditorView.contentAttributes.of(attributes)) })
  }

  /** Marks what the server refused. */
  refuse(mistakes: readonly Mistake[]): void {
    this.marks.refuse(this.view, mistakes)
    this.report()
  }

  show(offset: number): void {
    const anchor = Math.min(offset, this.view.state.doc.length)
    this.view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) })
    this.view.focus()
  }

  select(from: number, to: number): void {
    const { length } = this.view.state.doc
    this.view.dispatch({ selection: { anchor: Math.min(from, length), head: Math.min(to, length) } })
    this.view.focus()
  }

  destroy(): void {
    this.check.stop()
    this.view.destroy()
  }

  private extensions(): Extension {
    return [
      suiteLanguage,
      lineNumbers(),
      lintGutter(),
      highlightSpecialChars(),
      history(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      schemaHelp,
      keys,
      colours,
      EditorState.tabSize.of(2),
      placeholder(this.options.example),
      this.attributes.of(EditorView.contentAttributes.of(this.options.attributes)),
      EditorView.updateListener.of(({ docChanged, changes, state }) => {
        if (!docChanged) return
        this.marks.follow(changes)
        this.typed(state.doc.toString())
      }),
    ]
  }

  private report(): void {
    const { text, ...checked } = this.checked
    this.options.onChecked({ ...checked, mistakes: this.marks.others(this.view.state) }, text)
  }

  private typed(text: string): void {
    this.check.soon(text)
    if (text === this.text) return
    this.text = text
    this.options.onText(text)
  }
}
