/** Longer texts of strangers are cut, in characters */
export const MOST_CHARACTERS = 2000

/** The beginning of a text, and how much more there is. */
export function shortened(text: string, most = MOST_CHARACTERS): string {
  if (text.length <= most) return text
  return `${text.slice(0, most)}… and ${text.length - most} more characters`
}
