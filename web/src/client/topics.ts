import type { Level, Topic } from './protocol.ts'

/** From less to more; the server sends the last one if none is named */
const LEVELS: readonly Level[] = ['job', 'tests', 'steps']

/**
 * The watched topics with their watchers. Two components may watch the same job, and one of them may need the steps of
 * a test: the server is asked for what all of them need together.
 */
export class Topics {
  private readonly watchers = new Map<string, Topic[]>()

  /** Returns whether the server has to be asked: the topic is new, or more of it is needed. */
  add(topic: Topic): boolean {
    const before = this.needed(topic)
    this.watchers.set(keyOf(topic), [...this.of(topic), topic])
    return JSON.stringify(before) !== JSON.stringify(this.needed(topic))
  }

  /** Returns whether that was the last watcher of the topic. */
  remove(topic: Topic): boolean {
    const watchers = this.of(topic)
    const rest = watchers.toSpliced(watchers.indexOf(topic), watchers.includes(topic) ? 1 : 0)
    if (rest.length > 0) this.watchers.set(keyOf(topic), rest)
    else this.watchers.delete(keyOf(topic))
    return rest.length === 0 && watchers.length > 0
  }

  /** What all watchers of the topic need together; `undefined` if it has none. */
  needed(topic: Topic): Topic | undefined {
    const watchers = this.of(topic)
    if (watchers.length === 0) return undefined
    if (topic.job === undefined) return { feed: true }
    const level = Math.max(...watchers.map(({ detail = 'steps' }) => LEVELS.indexOf(detail)))
    const steps = new Set(watchers.flatMap(({ steps_of = [] }) => steps_of))
    const whole: Topic = { job: topic.job, detail: LEVELS[level] ?? 'steps' }
    return steps.size === 0 ? whole : { ...whole, steps_of: [...steps].sort((one, other) => one - other) }
  }

  all(): Topic[] {
    return [...this.watchers.values()].flatMap(([topic]) => (topic ? [this.needed(topic) ?? topic] : []))
  }

  private of(topic: Topic): readonly Topic[] {
    return this.watchers.get(keyOf(topic)) ?? []
  }
}

/** The topic itself, however much of it is watched. */
export function bare({ job }: Topic): Topic {
  return job === undefined ? { feed: true } : { job }
}

export function keyOf(topic: Topic): string {
  return topic.job ?? 'feed'
}
