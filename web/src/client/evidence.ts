import type { Commands } from './commands'
import type { ContentPart, EvidenceQuery, Exchange } from './protocol'

/** More than the bodies of a test fill. An answer that never ends must not fill the memory. */
export const MOST_PAGES = 64

/** One step of an attempt of a test. */
export interface StepOfAttempt {
  job: string
  test: number
  /** The attempt, from 1 */
  attempt: number
  step: number
}

/** What a step sent and received, as far as it was kept. */
export interface Evidence {
  /** In the order they were sent, redirects included */
  exchanges: Exchange[]
  /** Bodies and certificates by their SHA-256. What is no longer kept, or came only in part, is missing. */
  contents: Map<string, Uint8Array<ArrayBuffer>>
  /** Whether more is kept than was asked for */
  isCut: boolean
}

/** Asks for what a step sent and received, page by page. Throws a `WireError` if a page is refused or does not arrive. */
export async function evidenceOf(commands: Pick<Commands, 'evidence'>, of: StepOfAttempt): Promise<Evidence> {
  const exchanges: Exchange[] = []
  const parts = new Map<string, ContentPart[]>()
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query: EvidenceQuery = cursor === undefined ? { ...of } : { ...of, cursor }
    const { steps = [], contents = [], cursor: next } = await commands.evidence(query)
    for (const step of steps) if (step.step === of.step) exchanges.push(...step.exchanges)
    for (const part of contents) parts.set(part.sha256, [...(parts.get(part.sha256) ?? []), part])
    cursor = next
    if (cursor === undefined) break
  }
  return { exchanges, contents: wholeContents(parts), isCut: cursor !== undefined }
}

function wholeContents(parts: ReadonlyMap<string, ContentPart[]>): Evidence['contents'] {
  const contents: Evidence['contents'] = new Map()
  for (const [sha256, ofOne] of parts) {
    const whole = joined(ofOne)
    if (whole !== undefined) contents.set(sha256, whole)
  }
  return contents
}

/** The content that the parts make up, or nothing if one is missing, twice there or not Base64. */
function joined(parts: readonly ContentPart[]): Uint8Array<ArrayBuffer> | undefined {
  const decoded = parts.map(({ offset, base64 }) => ({ offset, bytes: decodedPart(base64) }))
  const inOrder = decoded.toSorted((one, other) => one.offset - other.offset)
  let length = 0
  for (const { offset, bytes } of inOrder) {
    if (bytes === undefined || offset !== length) return undefined
    length += bytes.length
  }
  if (length !== parts[0]?.bytes) return undefined
  const whole = new Uint8Array(length)
  for (const { offset, bytes } of inOrder) whole.set(bytes ?? [], offset)
  return whole
}

function decodedPart(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
