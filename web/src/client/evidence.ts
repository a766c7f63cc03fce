import type { Commands } from './commands.ts'
import type { ContentPart, EvidenceQuery, Exchange, StepDifferences, StepExchanges } from './protocol.ts'

/** More than the bodies of a test fill. An answer that never ends must not fill the memory. */
export const MOST_PAGES = 64

/** An attempt of a test. */
export interface AttemptOfTest {
  job: string
  test: number
  /** The attempt, from 1 */
  attempt: number
}

/** One step of an attempt of a test. */
export interface StepOfAttempt extends AttemptOfTest {
  step: number
}

/** What a step sent and received, as far as it was kept. */
export interface Evidence {
  /** In the order they were sent, redirects included */
  exchanges: Exchange[]
  /** How its answer differs from the one when the test last passed, if that is known */
  differences: StepDifferences | undefined
  /** Bodies and certificates by their SHA-256. What is no longer kept, or came only in part, is missing. */
  contents: Map<string, Uint8Array<ArrayBuffer>>
  /** Whether more is kept than was asked for */
  isCut: boolean
}

/** What the steps of an attempt sent and received, as far as it was kept. */
export interface AttemptEvidence extends Pick<Evidence, 'contents' | 'isCut'> {
  /** In the order of the plan */
  steps: StepExchanges[]
  differences: StepDifferences[]
}

/** Asks for what a step sent and received. Throws a `WireError` if a page is refused or does not arrive. */
export async function evidenceOf(commands: Pick<Commands, 'evidence'>, of: StepOfAttempt): Promise<Evidence> {
  const { steps, differences, contents, isCut } = await attemptEvidence(commands, of)
  return {
    exchanges: steps.find(({ step }) => step === of.step)?.exchanges ?? [],
    differences: differences.find(({ step }) => step === of.step),
    contents,
    isCut,
  }
}

/**
 * Asks for what the steps of an attempt, or one of them, sent and received, page by page. Throws a `WireError` if a page
 * is refused or does not arrive. No page is asked for once `signal` is aborted.
 */
export async function attemptEvidence(
  commands: Pick<Commands, 'evidence'>,
  of: AttemptOfTest | StepOfAttempt,
  signal?: AbortSignal,
): Promise<AttemptEvidence> {
  const steps = new Map<number, StepExchanges>()
  const differences = new Map<number, StepDifferences>()
  const parts = new Map<string, ContentPart[]>()
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    signal?.throwIfAborted()
    const query: EvidenceQuery = cursor === undefined ? { ...of } : { ...of, cursor }
    const answer = await commands.evidence(query)
    for (const step of answer.steps ?? []) steps.set(step.step, withMore(steps.get(step.step), step))
    for (const more of answer.differences ?? []) {
      differences.set(more.step, withMoreDifferences(differences.get(more.step), more))
    }
    for (const part of answer.contents ?? []) parts.set(part.sha256, [...(parts.get(part.sha256) ?? []), part])
    cursor = answer.cursor
    if (cursor === undefined) break
  }
  return {
    steps: [...steps.values()].toSorted((one, other) => one.step - other.step),
    differences: [...differences.values()],
    contents: wholeContents(parts),
    isCut: cursor !== undefined,
  }
}

/** A step can begin on one page and go on on the next. */
function withMore(known: StepExchanges | undefined, more: StepExchanges): StepExchanges {
  return known === undefined ? more : { ...known, exchanges: [...known.exchanges, ...more.exchanges] }
}

function withMoreDifferences(known: StepDifferences | undefined, more: StepDifferences): StepDifferences {
  if (known === undefined) return more
  const left_out = Math.max(known.left_out, more.left_out)
  return { ...known, differences: [...known.differences, ...more.differences], left_out }
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
