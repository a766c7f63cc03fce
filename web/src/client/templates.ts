import { type Document, visit } from 'yaml'

// To YAML the braces of `{ user: ${user} }` are a mapping. While it is read, the characters of a template are moved into
// the private use area of Unicode, one for one, so that everything stays where it stands.

const PRIVATE = 0xe000
const TEMPLATE = /\$\{[A-Za-z0-9_.\- ]+\}/g
/** The same, moved */
const HIDDEN = /\ue024\ue07b[\ue020-\ue07a]+\ue07d/g

/** The text with its templates out of the parser's sight, and every character where it was. */
export function hideTemplates(text: string): string {
  return text.replace(TEMPLATE, (template) => moved(template, PRIVATE))
}

export function showTemplates(text: string): string {
  return text.replace(HIDDEN, (template) => moved(template, -PRIVATE))
}

/** Puts the templates back into every value and key. */
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
