/**
 * The custom element `<stepcast-job>`. Importing this defines it; in browsers only.
 *
 * @packageDocumentation
 */

import { type Client, connect } from './client.ts'
import { JobDrawing } from './element/drawing.ts'
import { problemOf } from './element/sentences.ts'
import { STYLE } from './element/style.ts'
import type { Job } from './job.ts'
import { sharedJobOf } from './shared-job.ts'

/** How many tests are named that did not pass */
const FAILURES = { usual: 10, most: 100 }

/**
 * Shows a job live: `<stepcast-job url="wss://…" token="…"></stepcast-job>`.
 *
 * | attribute | meaning |
 * | --- | --- |
 * | `url` | the address of the server's WebSocket |
 * | `token` | the token of a share link. A script may set the property `token` instead, which is not in the page's source |
 * | `job` | the id of the job; not needed with the token of a share link, which names it |
 * | `failures` | how many tests that did not pass are named, at most 100; by default 10 |
 *
 * It connects when it is put into a page and ends the connection when it is removed, or when the verdict is complete. A lost
 * connection is opened again. The parts `job`, `heading`, `sign`, `title`, `status`, `progress`, `counts`, `failures`, `failure`,
 * `outcome`, `name`, `reason`, `more` and `problem` can be styled, and the custom properties `--stepcast-text`, `--stepcast-muted`,
 * `--stepcast-surface`, `--stepcast-line`, `--stepcast-passed`, `--stepcast-failed`, `--stepcast-errored` and
 * `--stepcast-font`.
 */
export class StepcastJobElement extends HTMLElement {
  /** The attributes whose changes connect it again. */
  static readonly observedAttributes: readonly string[] = ['url', 'job', 'token', 'failures']

  private readonly drawing: JobDrawing
  private client: Client | undefined
  private job: Job | undefined
  private isOpening = false
  private ownToken: string | undefined

  constructor() {
    super()
    const root = this.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    // Not a `style` element, which a page's policy may forbid.
    root.adoptedStyleSheets = [sheet]
    this.drawing = new JobDrawing(root)
  }

  /** The token; that of the attribute unless a script has set another one. */
  get token(): string | undefined {
    return this.ownToken ?? this.getAttribute('token') ?? undefined
  }

  set token(token: string | undefined) {
    this.ownToken = token
    this.openSoon()
  }

  /** @internal */
  connectedCallback(): void {
    this.openSoon()
  }

  /** @internal */
  disconnectedCallback(): void {
    this.close()
  }

  /** @internal */
  attributeChangedCallback(): void {
    this.openSoon()
  }

  /** Several attributes change at once, and connect it once. */
  private openSoon(): void {
    if (this.isOpening) return
    this.isOpening = true
    queueMicrotask(() => {
      this.isOpening = false
      this.close()
      if (this.isConnected) this.open()
    })
  }

  private open(): void {
    const { token } = this
    const url = this.getAttribute('url')
    const id = this.getAttribute('job') ?? sharedJobOf(token ?? '')?.job
    if (!url || !token || !id) {
      const missing = !url ? '`url`' : !token ? '`token`' : '`job`, and the token names none'
      return this.drawing.fail(`The attribute ${missing} is missing.`)
    }
    try {
      this.client = connect({ url, token })
    } catch (error) {
      // Browsers throw for some addresses, such as `ws:` in a page that came over HTTPS.
      return this.drawing.fail(`It cannot be shown: ${error instanceof Error ? error.message : String(error)}`)
    }
    this.job = this.client.watch(id)
    this.job.onChange(() => this.draw())
    this.client.onStatus(() => this.draw())
    this.draw()
  }

  private draw(): void {
    const { client, job } = this
    if (client === undefined || job === undefined) return
    this.drawing.draw(job.view, problemOf(job.view, client.status, this.token ?? '', Date.now()), this.mostFailures())
    // Nothing follows.
    if (job.view.isComplete) this.close()
  }

  private mostFailures(): number {
    const wanted = Number.parseInt(this.getAttribute('failures') ?? '', 10)
    return Number.isNaN(wanted) ? FAILURES.usual : Math.min(FAILURES.most, Math.max(0, wanted))
  }

  private close(): void {
    const { client } = this
    this.client = this.job = undefined
    client?.close()
  }
}

if (customElements.get('stepcast-job') === undefined) customElements.define('stepcast-job', StepcastJobElement)

declare global {
  interface HTMLElementTagNameMap {
    'stepcast-job': StepcastJobElement
  }
}
