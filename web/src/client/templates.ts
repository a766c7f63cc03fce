import { type Document, visit } from 'yaml'

// YAML reads the inner braces of `{ user: ${user} }` as a mapping. During parsing, each character of a template is
// replaced by one character of Unicode's private use area, so that all positions stay the same.

const PRIVATE = 0xe000
const TEMPLATE = /\$\{[A-Za-z0-9_.\- ]+\}/g
/** The same, with the replaced characters */
const HIDDEN = /\ue024\ue07b[\ue020-\ue07a]+\ue07d/g

/** Hides the templates from the parser and keeps the position of every character. */
export function hideTemplates(text: string): string {
  return text.replace(TEMPLATE, (template) => moved(template, PRIVATE))
}

export function showTemplates(text: string): string {
  return text.replace(HIDDEN, (template) => moved(template, -PRIVATE))
}

/** Restores the templates in every value and key. */
export function showTemplatesOf(document: Document.Parsed): void {
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string') scalar.value = showTemplates(scalar.value)
    },
  })
}

function moved(text: string, by: number): string {
  return String.fromCharCode(...Array.from(text, (character) => character.charCodeAt(0) + by))
}
