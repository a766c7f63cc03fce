// The second process of the Node side: takes tests from BullMQ, fetches pages with undici, checks them with cheerio.
import { Worker } from 'bullmq'
import { load } from 'cheerio'
import { Agent, request } from 'undici'
import { countResult, publish, redisPort } from './store.js'

const concurrency = Number(process.env.CONCURRENCY)
const dispatcher = new Agent({
  connections: concurrency,
  headersTimeout: 120_000,
  bodyTimeout: 120_000,
  keepAliveTimeout: 60_000,
})

// Each gives the name of the check, what it expects and what it found.
const checks = {
  status: ({ status }, expected) => ['status equals', expected.status, status],
  text: ({ page }, { css, text }) => [`css ${css} text equals`, text, page(css).first().text().trim()],
  count: ({ page }, { css, count }) => [`css ${css} count equals`, count, page(css).length],
}

const check = (answer, expected) => {
  const kind = ['status', 'text', 'count'].find((key) => key in expected)
  const [name, wanted, found] = checks[kind](answer, expected)
  const outcome = { check: `${name} ${wanted}`, outcome: wanted === found ? 'passed' : 'failed' }
  return wanted === found ? outcome : { ...outcome, expected: wanted, actual: found }
}

const runStep = async (step) => {
  try {
    const { statusCode, body } = await request(step.get, { dispatcher, headers: { 'user-agent': 'peer/1' } })
    const answer = { status: statusCode, page: load(await body.text()) }
    return step.expect.map((expected) => check(answer, expected))
  } catch (error) {
    return [{ check: 'request', outcome: 'failed', actual: String(error) }]
  }
}

// Progress is published, but not waited for. Redis keeps the order of the commands of one connection.
const tell = (job, event) => {
  publish(job, { ...event, at: new Date().toISOString(), job }).catch(console.error)
}

const runTest = async ({ data: { job, test, name, steps }, attemptsMade }) => {
  const attempt = attemptsMade + 1
  const started = performance.now()
  const results = []
  tell(job, { type: 'test.started', test, name, attempt })
  for (const [number, step] of steps.entries()) {
    tell(job, { type: 'step.started', test, step: number, name: step.name })
    const stepStarted = performance.now()
    const checked = await runStep(step)
    const outcome = checked.every(({ outcome }) => outcome === 'passed') ? 'passed' : 'failed'
    const result = {
      step: number,
      name: step.name,
      outcome,
      duration_ms: Math.round(performance.now() - stepStarted),
      checks: checked,
    }
    tell(job, { type: 'step.finished', test, ...result })
    results.push(result)
    if (outcome === 'failed') break
  }
  const outcome = results.at(-1).outcome
  const result = { name, outcome, duration_ms: Math.round(performance.now() - started), attempt, steps: results }
  await countResult(job, { type: 'test.finished', test, ...result, at: new Date().toISOString(), job }, result)
}

const worker = new Worker('tests', runTest, { connection: { host: '127.0.0.1', port: redisPort }, concurrency })
worker.on('error', console.error)
worker.on('failed', (job, error) => console.error(error))
await worker.waitUntilReady()
console.log('ready')
process.on('SIGTERM', () => process.exit())
