// An HTTP archive, as `stepcast evidence --har` writes it: a page for each attempt of a test.

import type { AttemptEvidence } from 'stepcast-client/dashboard'
import { version } from '../../package.json'
import type { KeptAttempt } from '../test-evidence'
import { entryOf } from './har-entry'

/** A larger archive is hard to open. In characters */
export const MOST_CHARACTERS = 128 * 1024 * 1024

/** Collects attempts. Each is written as it comes, so that its bodies need not be held. */
export class Archive {
  private readonly entries: string[] = []
  private readonly pages: object[] = []
  private characters = 0

  constructor(private readonly most = MOST_CHARACTERS) {}

  /** Whether anything was sent in what it has. */
  get isEmpty(): boolean {
    return this.entries.length === 0
  }

  /** Adds an attempt. Returns whether there was room for it. */
  add({ title, attempt, stepNames }: KeptAttempt, { steps, contents }: AttemptEvidence): boolean {
    const page = `page_${this.pages.length}`
    const exchanges = steps.flatMap(({ step, name, exchanges }) =>
      exchanges.map((exchange) => ({ exchange, step: name || (stepNames.get(step) ?? '') })),
    )
    const [first] = exchanges
    if (first === undefined) return true
    const entries = exchanges.map(({ exchange, step }) =>
      JSON.stringify(entryOf(exchange, { page, step, attempt }, contents)),
    )
    const characters = entries.reduce((sum, entry) => sum + entry.length, 0)
    if (this.characters + characters > this.most) return false
    this.characters += characters
    this.entries.push(...entries)
    this.pages.push({ startedDateTime: first.exchange.at, id: page, title, pageTimings: {} })
    return true
  }

  /** The file in pieces: one text of this length can be more than a browser allows. */
  pieces(): string[] {
    const creator = JSON.stringify({ name: 'Stepcast', version })
    const entries = this.entries.map((entry, place) => `${place === 0 ? '' : ','}\n${entry}`)
    const head = `{"log":{"version":"1.2","creator":${creator},"entries":[`
    return [head, ...entries, `\n],"pages":${JSON.stringify(this.pages)}}}\n`]
  }
}
