// Text from others on its way into a file that CI systems show, with the rules of `crates/cli/src/report/printed.rs` and
// `crates/suite/src/plain.rs`: what is not seen, or changes how the text around it is shown, is written by its number, and
// no line is a command of a CI system. That leaves none of the characters that XML 1.0 forbids.

const JOINERS = /^[\u200c\u200d]$/u

/** The emoji whose tags say which flag it is */
const FLAG = '\u{1f3f4}'

const TAG = /^[\u{e0020}-\u{e007f}]$/u

const ALWAYS_HIDDEN = new RegExp(
  '^(?:\\u034f|\\u17b4|\\u17b5|[\\p{Cc}\\p{Cs}\\u00ad\\u061c\\u115f\\u1160\\u180e\\u200b\\u200e\\u200f\\u2028-\\u202e' +
    '\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}' +
    '\\u{e0000}-\\u{e001f}\\u{e0080}-\\u{e00ff}])$',
  'u',
)

/** Texts without any of them, which most are, need not be looked at character by character. */
const PLAIN = /^[ -~]*$/

/** A text on one line. */
export function oneLine(text: string): string {
  return disarmed(replaced(text, (hidden) => (/[\n\r\t]/.test(hidden) ? ' ' : numbered(hidden))))
}

/** A message of one or several lines. */
export function printedLines(text: string): string {
  const printed = (line: string) =>
    disarmed(replaced(line.replace(/\r$/, ''), (hidden) => (hidden === '\t' ? hidden : numbered(hidden))))
  return text.split('\n').map(printed).join('\n')
}

/** The text with something else in place of each hidden character. */
function replaced(text: string, replace: (hidden: string) => string): string {
  if (PLAIN.test(text)) return text
  const characters = Array.from(text)
  let before: string | undefined
  return characters
    .map((character, place) => {
      const isHidden = isHiddenBetween(before, character, characters[place + 1])
      before = isHidden ? undefined : character
      return isHidden ? replace(character) : character
    })
    .join('')
}

/** Joiners and tags are hidden only where they join nothing: Persian, Hindi and some emoji are written with them. */
function isHiddenBetween(before: string | undefined, character: string, after: string | undefined): boolean {
  if (JOINERS.test(character)) return !(canBeJoined(before) && canBeJoined(after))
  if (TAG.test(character)) return before === undefined || !(before === FLAG || TAG.test(before))
  return ALWAYS_HIDDEN.test(character)
}

function canBeJoined(character: string | undefined): boolean {
  if (character === undefined || PLAIN.test(character) || /^\s$/u.test(character)) return false
  return !JOINERS.test(character) && !ALWAYS_HIDDEN.test(character) && !TAG.test(character)
}

function numbered(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

/**
 * GitHub Actions takes a line as a command if it begins with `::`, after blanks too, or has `##[` anywhere, Azure
 * Pipelines `##vso[`, and TeamCity `##teamcity[`.
 */
function disarmed(line: string): string {
  return line.replaceAll(/#(?=#[a-zA-Z]*\[)#/g, '#\\u{23}').replace(/^(\s*):(?=:)/, '$1\\u{3a}')
}
