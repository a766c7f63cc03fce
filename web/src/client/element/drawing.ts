import { finishedOf } from '../outcomes.ts'
import type { TestState } from '../protocol.ts'
import type { JobView } from '../watched-job.ts'
import { countsSentence, cut, reasonOf, statusOf } from './sentences.ts'

/**
 * The job in a shadow root. Strangers wrote its names and texts: they are set as text, and nothing is parsed.
 *
 * What changes many times a second is not announced; only the status and problems are.
 */
export class JobDrawing {
  private readonly title = part('bdi', 'title')
  private readonly sign = part('span', 'sign')
  private readonly status = part('span', 'status')
  private readonly progress = part('progress', 'progress')
  private readonly counts = part('p', 'counts')
  private readonly failures = part('ul', 'failures')
  private readonly more = part('p', 'more')
  private readonly problem = part('p', 'problem')
  private readonly box = part('div', 'job')
  private shown: { failing: readonly TestState[]; most: number } | undefined

  constructor(root: ShadowRoot) {
    this.title.id = 'title'
    this.box.role = 'group'
    this.box.setAttribute('aria-labelledby', 'title')
    this.sign.ariaHidden = 'true'
    this.status.role = this.problem.role = 'status'
    this.progress.ariaLabel = 'Tests that have ended'
    this.failures.role = 'list'
    this.failures.ariaLabel = 'Tests that did not pass'
    const heading = part('p', 'heading')
    heading.append(this.sign, this.title, this.status)
    this.box.append(heading, this.progress, this.counts, this.failures, this.more, this.problem)
    root.append(this.box)
    this.clear()
  }

  /** Shows why there is nothing to show. */
  fail(problem: string): void {
    this.clear()
    setText(this.problem, problem)
  }

  draw(view: JobView, problem: string | undefined, mostFailures: number): void {
    const { summary, failing } = view
    const { sign, text, kind } = statusOf(view)
    setText(this.title, cut(summary?.suite || 'Stepcast job'))
    setText(this.sign, sign)
    setText(this.status, summary === undefined && problem !== undefined ? '' : text)
    this.box.dataset['verdict'] = kind ?? ''
    setText(this.problem, problem ?? '')
    setText(this.counts, summary ? countsSentence(summary.counts) : '')
    this.progress.hidden = summary === undefined || kind !== undefined
    if (summary) this.drawProgress(finishedOf(summary.counts), summary.counts.total)
    this.drawFailures(failing, mostFailures)
  }

  private clear(): void {
    for (const element of [this.sign, this.status, this.counts, this.more, this.problem]) setText(element, '')
    setText(this.title, 'Stepcast job')
    this.progress.hidden = true
    this.drawFailures([], 0)
  }

  private drawProgress(ended: number, total: number): void {
    // Before it is planned, nobody knows how much there is to do.
    if (total === 0) return this.progress.removeAttribute('value')
    this.progress.max = total
    this.progress.value = ended
  }

  private drawFailures(failing: readonly TestState[], most: number): void {
    if (this.shown?.failing === failing && this.shown.most === most) return
    this.shown = { failing, most }
    this.failures.replaceChildren(...failing.slice(0, most).map(failureItem))
    this.failures.hidden = this.failures.childElementCount === 0
    const rest = failing.length - Math.min(failing.length, most)
    setText(this.more, rest === 0 ? '' : `and ${rest} more that did not pass`)
  }
}

function failureItem(test: TestState): HTMLElement {
  const item = part('li', 'failure')
  const [outcome, name, reason] = [part('span', 'outcome'), part('bdi', 'name'), part('p', 'reason')]
  outcome.textContent = test.outcome ?? test.status
  outcome.dataset['outcome'] = test.outcome ?? ''
  name.textContent = cut(test.name || `Test ${test.test + 1}`)
  reason.textContent = reasonOf(test)
  item.append(outcome, ' ', name, reason)
  return item
}

function part<K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  element.setAttribute('part', name)
  return element
}

/** A live region that gets the same text again may be read again. */
function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
