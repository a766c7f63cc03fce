/** A template in a text, as far as it is written: `${na`, `${name}`. */
export interface OpenTemplate {
  /** Where its `$` is */
  start: number
  /** Behind its brace, if there is one */
  end: number
  /** Its name, which may be empty */
  from: number
  to: number
  /** What is missing behind the name */
  closing: string
}

const NAME = '[\\p{Alphabetic}\\p{N}_.-]*'
/** What a name may consist of, `secret.` and `new.` included. */
export const TEMPLATE_NAME = new RegExp(`^${NAME}$`, 'u')
/** `$${` is no template */
const BEFORE = new RegExp(`(?<!\\$)\\$\\{( *)(${NAME})$`, 'u')
const AFTER = new RegExp(`^${NAME}`, 'u')
/** A brace behind spaces belongs to the mapping around the template, unless its name begins with a space too. */
const END = /^\}/
const SPACED_END = /^ *\}/

/** Names are looked for this far around the cursor. */
const LONGEST_NAME = 300

/** The template whose name the offset is in, or where it is to be written. */
export function openTemplateAt(text: string, offset: number): OpenTemplate | undefined {
  const opening = BEFORE.exec(text.slice(Math.max(0, offset - LONGEST_NAME), offset))
  if (opening === null) return undefined
  const [whole, space = '', name = ''] = opening
  const to = offset + (AFTER.exec(text.slice(offset, offset + LONGEST_NAME))?.[0].length ?? 0)
  const end = (space === '' ? END : SPACED_END).exec(text.slice(to, to + LONGEST_NAME))?.[0] ?? ''
  return {
    start: offset - whole.length,
    end: to + end.length,
    from: offset - name.length,
    to,
    closing: end === '' ? `${space}}` : '',
  }
}
