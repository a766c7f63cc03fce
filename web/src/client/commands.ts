import type { Command, Event, EvidenceQuery, HistoryQuery, JobsQuery, PageQuery, Replay, Run } from './protocol.ts'
import { replayCommand, runCommand, suiteCommand } from './run.ts'
import type { Source } from './source.ts'
import { WireError } from './wire-error.ts'

export type Answer<T extends Event['type']> = Extract<Event, { type: T }>

/** The commands, each with the type of its answer. A rejected command throws a `WireError`. */
export class Commands {
  constructor(private readonly source: Source) {}

  /** The answer is `job.state` if a run with the same idempotency key was sent before. */
  async run(run: Run): Promise<Answer<'job.accepted' | 'job.state'>> {
    return this.ask(await runCommand(run), 'job.accepted', 'job.state')
  }

  async replay(replay: Replay): Promise<Answer<'job.accepted'>> {
    return this.ask(await replayCommand(replay), 'job.accepted')
  }

  async cancel(job: string): Promise<void> {
    await this.ask({ action: 'cancel', job }, 'ok')
  }

  async comment(job: string, text: string): Promise<void> {
    await this.ask({ action: 'comment', job, text }, 'ok')
  }

  job(job: string): Promise<Answer<'job.state'>> {
    return this.ask({ action: 'job', job }, 'job.state')
  }

  jobs(query: JobsQuery): Promise<Answer<'jobs'>> {
    return this.ask({ action: 'jobs', ...query }, 'jobs')
  }

  /** How the tests of a suite ended in earlier jobs. */
  history(query: HistoryQuery): Promise<Answer<'history'>> {
    return this.ask({ action: 'history', ...query }, 'history')
  }

  /** A page of what a test sent and received; `evidenceOf` asks for all pages. */
  evidence(query: EvidenceQuery): Promise<Answer<'evidence'>> {
    return this.ask({ action: 'evidence', ...query }, 'evidence')
  }

  suites(page: PageQuery): Promise<Answer<'suites'>> {
    return this.ask({ action: 'suites.list', ...page }, 'suites')
  }

  async suite(name: string): Promise<unknown> {
    return (await this.ask({ action: 'suites.get', name }, 'suite')).suite
  }

  async putSuite(suite: object): Promise<void> {
    await this.ask(await suiteCommand(suite), 'ok')
  }

  async deleteSuite(name: string): Promise<void> {
    await this.ask({ action: 'suites.delete', name }, 'ok')
  }

  connections(page: PageQuery): Promise<Answer<'connections'>> {
    return this.ask({ action: 'connections', ...page }, 'connections')
  }

  async disconnect(connection: string): Promise<void> {
    await this.ask({ action: 'disconnect', connection }, 'ok')
  }

  async broadcast(text: string): Promise<void> {
    await this.ask({ action: 'broadcast', text }, 'ok')
  }

  /** Creates a token that shows one job, with the default lifetime of such tokens. */
  share(job: string): Promise<Answer<'shared'>> {
    return this.ask({ action: 'share', job }, 'shared')
  }

  /** Ends a job at once, even if its tests are queued or running. */
  async finish(job: string): Promise<void> {
    await this.ask({ action: 'finish', job }, 'ok')
  }

  /** Returns the messages of the dead-letter queue to the work queue. */
  async redrive(): Promise<void> {
    await this.ask({ action: 'redrive' }, 'ok')
  }

  private async ask<T extends Event['type']>(command: Command, ...expected: T[]): Promise<Answer<T>> {
    const answer = await this.source.request(command)
    if ((expected as string[]).includes(answer.type)) return answer as Answer<T>
    throw new WireError('internal', `expected \`${expected[0]}\` as the answer, got \`${answer.type}\``, false)
  }
}
