import { closeBracketsKeymap, closeCompletion, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, historyKeymap } from '@codemirror/commands'
import { nextDiagnostic } from '@codemirror/lint'
import { keymap } from '@codemirror/view'

/** Tab is not bound: it leaves the editor, as it leaves any other field. */
export const keys = keymap.of([
  // Runs the suite: the form around the editor handles it.
  { key: 'Mod-Enter', run: () => true },
  // What is around the editor closes with this key too, but not while it closes the completions.
  { key: 'Escape', run: closeCompletion, stopPropagation: true },
  { key: 'F8', run: nextDiagnostic },
  ...closeBracketsKeymap,
  ...defaultKeymap,
  ...historyKeymap,
  ...completionKeymap,
])
