// The jobs in Redis, as server and worker share them.
//
//   job:ID           a hash: name, principal, status, verdict, total, done, passed, failed, created
//   job:ID:results   a hash: the number of a test, its result as JSON
//   jobs             a sorted set: the ids by the time of their creation
//   job:ID           also the name of the channel on which the events of a job are published
import Redis from 'ioredis'
import { randomUUID } from 'node:crypto'

const KEEP_SECONDS = 30 * 24 * 3600

export const redisPort = Number(process.env.REDIS_PORT)
export const channel = (job) => `job:${job}`

// `maxRetriesPerRequest: null` is what BullMQ asks for: commands wait until Redis is back.
export const connect = (options) =>
  new Redis({ host: '127.0.0.1', port: redisPort, maxRetriesPerRequest: null, ...options })

// Commands of one turn of the event loop travel together.
export const redis = connect({ enableAutoPipelining: true })

// BullMQ may run a test again, so a result counts only if it is the first one. All of it happens at once: whoever counts
// the last test gives the verdict, and watchers learn of nothing that is not stored.
redis.defineCommand('countResult', {
  numberOfKeys: 2,
  lua: `
    local job, results = KEYS[1], KEYS[2]
    local test, result, outcome, event, keep = unpack(ARGV)
    if redis.call('HSETNX', results, test, result) == 0 then return 0 end
    redis.call('PUBLISH', job, event)
    redis.call('HINCRBY', job, outcome, 1)
    local done = redis.call('HINCRBY', job, 'done', 1)
    local total, failed, passed = unpack(redis.call('HMGET', job, 'total', 'failed', 'passed'))
    if done < tonumber(total) then return 1 end
    local verdict = failed == '0' and 'passed' or 'failed'
    redis.call('HSET', job, 'status', 'finished', 'verdict', verdict)
    redis.call('EXPIRE', results, keep)
    redis.call('PUBLISH', job, string.format(
      '{"type":"job.finished","verdict":"%s","counts":{"total":%s,"passed":%s,"failed":%s},"job":"%s"}',
      verdict, total, passed, failed, string.sub(job, 5)))
    return 2`,
})

export const publish = (job, event) => redis.publish(channel(job), JSON.stringify(event))

export const countResult = (job, event, result) =>
  redis.countResult(
    channel(job),
    `${channel(job)}:results`,
    event.test,
    JSON.stringify(result),
    result.outcome,
    JSON.stringify(event),
    KEEP_SECONDS,
  )

export const createJob = async (name, principal, total) => {
  const job = randomUUID()
  const created = Date.now()
  await redis
    .multi()
    .hset(channel(job), { name, principal, status: 'running', total, done: 0, passed: 0, failed: 0, created })
    .expire(channel(job), KEEP_SECONDS)
    .zadd('jobs', created, job)
    .exec()
  return job
}

export const readJob = async (job) => {
  const [state, results] = await Promise.all([redis.hgetall(channel(job)), redis.hgetall(`${channel(job)}:results`)])
  const tests = Object.entries(results).map(([test, result]) => ({ test: Number(test), ...JSON.parse(result) }))
  return { job, ...state, tests }
}

export const newestJobs = async (limit) => {
  const jobs = await redis.zrevrange('jobs', 0, limit - 1)
  const states = await Promise.all(jobs.map((job) => redis.hgetall(channel(job))))
  return states.map((state, index) => ({ job: jobs[index], ...state }))
}
