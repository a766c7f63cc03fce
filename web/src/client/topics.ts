import type { Topic } from './protocol'

/** The watched topics with their number of watchers: two components may watch the same job. */
export class Topics {
  private readonly counted = new Map<string, { topic: Topic; watchers: number }>()

  /** Returns whether the topic is new. */
  add(topic: Topic): boolean {
    const key = JSON.stringify(topic)
    const watchers = (this.counted.get(key)?.watchers ?? 0) + 1
    this.counted.set(key, { topic, watchers })
    return watchers === 1
  }

  /** Returns whether that was the last watcher of the topic. */
  remove(topic: Topic): boolean {
    const key = JSON.stringify(topic)
    const counted = this.counted.get(key)
    if (counted === undefined) return false
    counted.watchers -= 1
    if (counted.watchers === 0) this.counted.delete(key)
    return counted.watchers === 0
  }

  has(topic: Topic): boolean {
    return this.counted.has(JSON.stringify(topic))
  }

  all(): Topic[] {
    return [...this.counted.values()].map(({ topic }) => topic)
  }
}
