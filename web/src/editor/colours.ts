import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

// All colours are those of the page, which has two schemes.

const highlighting = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.attributeValue], color: 'var(--passed)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--muted)', fontStyle: 'italic' },
  { tag: [tags.labelName, tags.typeName, tags.keyword, tags.meta], color: 'var(--blocked)' },
  { tag: [tags.punctuation, tags.separator, tags.bracket], color: 'var(--muted)' },
])

const popup = { border: '1px solid var(--line)', background: 'var(--surface)', color: 'var(--text)' }

const theme = EditorView.theme({
  '&': { height: '100%', color: 'var(--text)', background: 'var(--surface)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { padding: '5px 0', caretColor: 'var(--text)' },
  '.cm-gutters': { border: 0, background: 'var(--surface)', color: 'var(--muted)' },
  '.cm-activeLine, .cm-activeLineGutter': { background: 'transparent' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 2px' },
  '.cm-placeholder': { color: 'var(--muted)' },
  '.cm-specialChar': { color: 'var(--failed)' },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { background: 'var(--selected)' },
  '.cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket': { background: 'transparent', color: 'var(--failed)' },
  '.cm-tooltip': { ...popup, borderRadius: 'var(--radius)', fontFamily: 'var(--sans)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '14em' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { background: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: 'bold' },
  '.cm-tooltip.cm-completionInfo, .cm-tooltip-hover': { maxWidth: '26em' },
  '.cm-tooltip.cm-completionInfo, .cm-explanation': { padding: '6px 9px' },
  '.cm-explanation .details': { color: 'var(--muted)', fontSize: '0.93em' },
  '.cm-diagnostic': { padding: '5px 9px', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--failed-fill)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--failed-fill)',
    textDecorationSkipInk: 'none',
    textUnderlineOffset: '3px',
  },
  '.cm-gutter-lint': { width: '1.1em' },
  '.cm-lint-marker-error': {
    content: '""',
    width: '8px',
    height: '8px',
    margin: '0.45em 0 0 3px',
    borderRadius: '50%',
    background: 'var(--failed-fill)',
  },
})

export const colours = [theme, syntaxHighlighting(highlighting)]
