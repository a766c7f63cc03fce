import { autocompletion, type Completion as Option, type CompletionContext } from '@codemirror/autocomplete'
import type { Text } from '@codemirror/state'
import { hoverTooltip } from '@codemirror/view'
import { SuiteText } from 'stepcast-client/suite'
import { MOST_CHARACTERS } from './check'
import { type Completion, completionsAt } from './completion'
import type { Explanation } from './explanation'
import { explanationAt } from './hover'
import { SUITE_SCHEMA } from './suite-schema'

/** The editor sorts by this number before it sorts by the alphabet. */
const MOST_BOOST = 99
const LEAST_BOOST = -99

/** Completions, and explanations on hover from the schema. */
export const schemaHelp = [
  autocompletion({ override: [complete], icons: false }),
  hoverTooltip((view, offset) => {
    const explained = explanationAt(parsed(view.state.doc), offset, SUITE_SCHEMA)
    if (explained === undefined) return null
    const { range, explanation } = explained
    return { pos: range.from, end: range.to, above: true, create: () => ({ dom: elementOf(explanation) }) }
  }),
]

function complete({ state, pos, explicit }: CompletionContext) {
  if (state.doc.length > MOST_CHARACTERS) return null
  const found = completionsAt(state.doc.toString(), pos, SUITE_SCHEMA, explicit)
  if (found === undefined) return null
  return { from: found.from, to: found.to, options: found.options.map(optionOf), validFor: found.validFor }
}

function optionOf({ label, text, explanation }: Completion, index: number): Option {
  const isExplained = explanation.description !== '' || explanation.details !== ''
  return {
    label,
    apply: text,
    boost: Math.max(LEAST_BOOST, MOST_BOOST - index),
    ...(isExplained ? { info: () => elementOf(explanation) } : {}),
  }
}

/** The last text that was parsed: the pointer rests more often than the text changes. */
let last: { doc: Text; suite: SuiteText } | undefined

function parsed(doc: Text): SuiteText {
  if (last?.doc !== doc) last = { doc, suite: new SuiteText(doc.length > MOST_CHARACTERS ? '' : doc.toString()) }
  return last.suite
}

function elementOf({ description, details }: Explanation): HTMLElement {
  const element = document.createElement('div')
  element.className = 'cm-explanation'
  for (const [className, text] of [
    ['description', description],
    ['details', details],
  ] as const) {
    if (text === '') continue
    const line = element.appendChild(document.createElement('div'))
    line.className = className
    line.textContent = text
  }
  return element
}
