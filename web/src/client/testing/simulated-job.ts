import { JobState } from '../state.ts'
import type { Event } from '../protocol.ts'
import type { FakeSocket } from './fake-server.ts'

/**
 * One job on the server's side of fake sockets: sends its events to the sockets that watch it, and answers `watch`,
 * `job` and `jobs` with the whole state, as a server does.
 */
export class SimulatedJob {
  readonly truth = new JobState()
  private readonly answered = new Map<FakeSocket, number>()
  private readonly watching = new Set<FakeSocket>()
  private played = 0

  constructor(
    private readonly job: string,
    private readonly events: readonly Event[],
    private readonly sockets: readonly FakeSocket[],
  ) {}

  /** Applies the next events and sends them to the watching sockets, unless `isLost` is set. */
  play(count: number, isLost = false): void {
    for (const event of this.events.slice(this.played, this.played + count)) {
      this.truth.apply(event)
      if (!isLost) for (const socket of this.open(this.watching)) socket.say(event)
    }
    this.played = Math.min(this.events.length, this.played + count)
  }

  /** Answers all unanswered commands on the open sockets. */
  answerAll(): void {
    for (const socket of this.open(this.sockets)) {
      const commands = socket.sent.slice(this.answered.get(socket) ?? 0)
      this.answered.set(socket, socket.sent.length)
      for (const command of commands) for (const event of this.answers(command, socket)) socket.say(event)
    }
  }

  private answers(command: FakeSocket['sent'][number], socket: FakeSocket): object[] {
    const { action, id: re } = command
    if (action === 'ping') return [{ type: 'pong', at: '', re }]
    if (action === 'unwatch') return [{ type: 'ok', at: '', re }]
    if (action !== 'watch' && action !== 'job' && action !== 'jobs') return []
    if (action === 'watch') this.watching.add(socket)
    const { summary, v } = this.truth
    const isList = action === 'jobs' || (action === 'watch' && command.feed)
    if (isList) return [{ type: 'jobs', at: '', re, jobs: summary ? [{ job: this.job, v, ...summary }] : [] }]
    if (summary === undefined) return [{ type: 'error', at: '', re, code: 'unavailable', message: '', temporary: true }]
    return this.pages().map((tests, index, { length }) => ({
      type: 'job.state',
      at: '',
      job: this.job,
      v,
      ...summary,
      tests,
      page: index + 1,
      pages: length,
      re,
    }))
  }

  private pages() {
    const tests = this.truth.orderedTests()
    const half = Math.ceil(tests.length / 2)
    return [tests.slice(0, half), tests.slice(half)]
  }

  private open(sockets: Iterable<FakeSocket>): FakeSocket[] {
    return [...sockets].filter((socket) => !socket.isClosed)
  }
}
