import type { Clock } from './clock.ts'
import { JobList } from './job-list.ts'
import { eventsOf } from './lines.ts'
import { Listeners } from './listeners.ts'
import type { Command, Event, Topic } from './protocol.ts'
import type { Source, SourceStatus } from './source.ts'
import { JobState } from './state.ts'
import { WireError } from './wire-error.ts'

export interface ReplayOptions {
  /** Answers commands that a recording cannot; returns `undefined` to let the recording answer */
  answer?(command: Command): Event | undefined
}

/**
 * Plays recorded events, as `stepcast run --json` and `stepcast watch --json` write them, to the listeners.
 * It keeps the state of the events it has played, so a late subscriber gets the whole state, as from a live server.
 */
export class Replay implements Source {
  status: SourceStatus = { phase: 'connected', principal: 'recording', role: 'runner' }
  private readonly statuses = new Listeners<SourceStatus>()
  private readonly events = new Listeners<Event>()
  private readonly list = new JobList()
  private readonly jobs = new Map<string, JobState>()
  private played = 0

  constructor(
    private readonly recording: readonly Event[],
    private readonly options: ReplayOptions = {},
  ) {}

  static fromLines(lines: string, options?: ReplayOptions): Replay {
    return new Replay(eventsOf(lines), options)
  }

  onStatus(listener: (status: SourceStatus) => void): () => void {
    return this.statuses.add(listener)
  }

  onEvent(listener: (event: Event) => void): () => void {
    return this.events.add(listener)
  }

  async request(command: Command): Promise<Event> {
    const answer = this.options.answer?.(command) ?? this.answer(command)
    if (answer.type === 'error') throw WireError.from(answer)
    return answer
  }

  watch(topic: Topic): () => void {
    const answer = this.request({ action: 'watch', ...topic })
    answer.then(
      (event) => this.events.tell(event),
      (error: WireError) => this.events.tell({ ...refusal(error.message), ...(topic.job ? { job: topic.job } : {}) }),
    )
    return () => undefined
  }

  reconnectNow(): void {}

  close(): void {
    this.setStatus({ phase: 'ended', reason: 'closed' })
  }

  /** Sets the status of the connection, for demos and tests. */
  setStatus(status: SourceStatus): void {
    this.status = status
    this.statuses.tell(status)
  }

  /** Plays the next `count` events at once, or all remaining events. */
  play(count = Infinity): void {
    for (let left = count; left > 0 && this.played < this.recording.length; left -= 1) {
      const event = this.recording[this.played++] as Event
      this.remember(event)
      this.events.tell(event)
    }
  }

  /** Plays the remaining events with their recorded pauses, divided by `speed`. */
  playInTime(clock: Clock, speed = 1): void {
    const [current, next] = this.recording.slice(Math.max(0, this.played - 1), this.played + 1)
    const upcoming = this.played === 0 ? current : next
    if (upcoming === undefined) return
    const pause = this.played === 0 || current === undefined ? 0 : Date.parse(upcoming.at) - Date.parse(current.at)
    clock.after(Math.max(0, pause / speed), () => {
      this.play(1)
      this.playInTime(clock, speed)
    })
  }

  private remember(event: Event): void {
    if (event.job === undefined) return
    const state = this.jobs.get(event.job) ?? new JobState()
    this.jobs.set(event.job, state)
    state.apply(event)
    this.list.apply(event.job, event)
  }

  private answer(command: Command): Event {
    const at = this.recording[Math.max(0, this.played - 1)]?.at ?? ''
    if (command.action === 'jobs' || (command.action === 'watch' && command.feed)) {
      return { type: 'jobs', at, jobs: this.list.listed() }
    }
    if (command.action === 'suites.list') return { type: 'suites', at, suites: [] }
    if (command.action === 'history') return { type: 'history', at, suite: command.suite, tests: [] }
    if (command.action === 'unwatch') return { type: 'ok', at }
    if ((command.action === 'watch' || command.action === 'job') && command.job) return this.wholeState(command.job, at)
    return refusal('this is a recording: it can only be watched')
  }

  private wholeState(job: string, at: string): Event {
    const state = this.jobs.get(job)
    if (state?.summary === undefined) return refusal('there is no such job in this recording')
    const tests = [...state.orderedTests()]
    return { type: 'job.state', at, job, v: state.v, ...state.summary, tests, page: 1, pages: 1 }
  }
}

function refusal(message: string): Extract<Event, { type: 'error' }> {
  return { type: 'error', at: '', code: 'not_found', message, temporary: false }
}
