/** The byte order marks, which say more than the `content-type`. https://encoding.spec.whatwg.org/#bom-sniff */
const MARKS: readonly [charset: string, mark: readonly number[]][] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
]

/**
 * The first `most` bytes as text: by the byte order mark, by the charset of the `content-type`, or else as UTF-8. Never
 * throws: what is no text in that charset becomes U+FFFD. A character that is cut off at the end is left out.
 */
export function decodedText(bytes: Uint8Array, contentType: string | undefined, most = Infinity): string {
  const marked = MARKS.find(([, mark]) => mark.every((byte, place) => bytes[place] === byte))?.[0]
  const decoder = decoderOf(marked ?? charsetOf(contentType))
  return decoder.decode(bytes.subarray(0, most), { stream: bytes.length > most })
}

/** The text with the same end of all of its lines. */
export function withPlainLines(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n')
}

/** The text if all of the bytes are UTF-8, without a byte order mark. */
export function exactText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function charsetOf(contentType: string | undefined): string {
  return /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(contentType ?? '')?.[1] ?? 'utf-8'
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset)
  } catch {
    return new TextDecoder()
  }
}
