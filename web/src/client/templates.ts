import { type Document, visit } from 'yaml'

// YAML reads the inner braces of `{ user: ${user} }` as a mapping. During parsing, the characters around the name of a
// template are replaced by characters of Unicode's private use area, one by one, so that all positions stay the same.

/** The letters and digits of all scripts, as the server reads names */
const NAME = '([\\p{Alphabetic}\\p{N}_.\\- ]+)'
const TEMPLATE = new RegExp(`\\$\\{${NAME}\\}`, 'gu')
const HIDDEN = new RegExp(`\\ue024\\ue07b${NAME}\\ue07d`, 'gu')

/** Hides the templates from the parser and keeps the position of every character. */
export function hideTemplates(text: string): string {
  return text.replace(TEMPLATE, '\ue024\ue07b$1\ue07d')
}

export function showTemplates(text: string): string {
  return text.replace(HIDDEN, '${$1}')
}

/** Restores the templates in every value and key. */
export function showTemplatesOf(document: Document.Parsed): void {
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string') scalar.value = showTemplates(scalar.value)
    },
  })
}
