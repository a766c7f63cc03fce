// Watches a job of 10,000 short tests in Chromium while it runs, and then opens the finished job in a new context.
// Prints the times between frames, the tasks that blocked the page for more than 50 ms, the processor time of the page's
// main thread, and the time of the cold open. The site, the server, its workers and the browser share this machine, as
// on a developer's own. What they alone do to a page is measured first, with an empty one beside the same job.
//
// A task is long on a busy machine too, when the page waits for a processor. `longest own ms` is the most processor time
// that one task of the page used: that much of a long task is the page's own. The trace that tells it is itself some 8 %
// of the processor time.
//
//   (cd web && npm ci)
//   node bench/dashboard.mjs [STEPCAST] [--tests 10000] [--runs 3] [--page FOLDER] [--trace FILE]
//
//   STEPCAST         the program to measure (default: target/release/stepcast)
//   --page FOLDER    shows the page of this folder, such as web/dist, in place of the one in the program; several are
//                    measured in turns, so that they can be compared on a machine that does other things too
//   --trace FILE     writes what the page did in the first run, for Chromium's developer tools; that makes it slower
//   CHROMIUM         the browser (default: /usr/bin/chromium)
//
// The time of a frame is that from its start to the start of the next; at 60 frames a second it is 17 ms. A cold open
// ends with the frame in which the page says that the job has ended, shows rows, and knows of every test.

import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { parseArgs, promisify } from 'node:util'

// The browser test uses the same package.
const { chromium } = createRequire(new URL('../web/package.json', import.meta.url))('playwright-core')

const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  // Chromium does not see that the page of `--page` comes from this machine, and would not let it connect to one here.
  '--disable-features=LocalNetworkAccessChecks',
]
const KINDS = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
/** The tasks of every thread, and the marks that pages make */
const TASKS = ['toplevel', 'blink.user_timing']
const TRACED = [...TASKS, 'devtools.timeline', 'disabled-by-default-v8.cpu_profiler']
/** Made by the page when the measurement begins: it tells which thread is the page's, and when */
const MARK = 'measured from here'
const RUN_TIMEOUT_MS = 120_000

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tests: { type: 'string', default: '10000' },
    runs: { type: 'string', default: '3' },
    page: { type: 'string', multiple: true, default: ['the program'] },
    trace: { type: 'string' },
  },
})
const stepcast = resolve(positionals[0] ?? 'target/release/stepcast')
const tests = Number(options.tests)
const folder = mkdtempSync(join(tmpdir(), 'stepcast-dashboard-'))
const processes = []

/** Runs in the page, before its own scripts. */
function record() {
  const measured = { frames: [], longTasks: [] }
  window.measured = measured
  let last
  const frame = (now) => {
    if (last !== undefined) measured.frames.push(now - last)
    last = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) measured.longTasks.push(duration)
  }).observe({ type: 'longtask' })
}

/** Runs in the page: how long after its navigation the job is shown with every test; `undefined` if it is not yet. */
function shownWhole(total) {
  const list = document.querySelector('[role="listbox"]')
  const verdict = document.querySelector('[data-testid="verdict"]')?.textContent ?? ''
  const isWhole =
    list?.getAttribute('aria-label') === `${total} tests` &&
    list.querySelector('[data-testid="test-row"]') !== null &&
    /passed|failed|errored|cancelled/.test(verdict) &&
    !document.body.textContent.includes('have not arrived yet')
  return isWhole ? performance.now() : undefined
}

/** One page, requested once by each test. Every twentieth test fails, for one of two reasons. */
function writeInput() {
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Kettles</title><h1>Kettles</h1><p>In stock: 7</p>\n')
  const numbers = Array.from({ length: tests }, (_, number) => number + 1)
  const each = (name, isWanted, title) => `
  - name: ${name} \${number}
    each: { number: [${numbers.filter(isWanted)}] }
    get: \${base}/?number=\${number}
    expect:
      - status: 200
      - css: h1
        text: ${title}`
  const all = [
    each('Kettle', (number) => number % 20 !== 0, 'Kettles'),
    each('Pan', (number) => number % 40 === 0, 'Pans'),
    each('Teapot', (number) => number % 40 === 20, 'Teapots'),
  ]
  writeFileSync(
    join(folder, 'suite.yaml'),
    `suite: Many pages
defaults: { host: { concurrency: 64 }, timeout: 60s }
vars: { base: http://unset.invalid }
tests:${all.join('')}
`,
  )
}

/** Starts a program and returns its first line. */
async function start(program, ...args) {
  const environment = { ...process.env }
  for (const name of ['STEPCAST_URL', 'STEPCAST_TOKEN']) delete environment[name]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: environment })
  processes.push(child)
  return new Promise((taken, failed) => {
    createInterface({ input: child.stdout }).once('line', taken)
    child.once('error', failed)
    child.once('exit', (code) => failed(new Error(`\`${program}\` ended with ${code}`)))
  })
}

async function startRun(server, site) {
  const args = ['run', join(folder, 'suite.yaml'), '--var', `base=${site}`, '--detach']
  const { stdout } = await promisify(execFile)(stepcast, [...args, '--url', server.ws, '--token', server.token])
  return stdout.trim().split(/\s+/).at(-1)
}

/** A new context that is signed in, with the page of the program or of a folder. */
async function open(browser, server, source) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 850 } })
  if (existsSync(source)) await context.route(`${server.http}/**`, (route) => fromFolder(route, source))
  await context.addInitScript((token) => sessionStorage.setItem('stepcast.token', token), server.token)
  await context.addInitScript(record)
  const page = await context.newPage()
  page.setDefaultTimeout(RUN_TIMEOUT_MS)
  return page
}

/** Answers with a file of the folder. What it does not have goes to the server. */
function fromFolder(route, source) {
  const { pathname } = new URL(route.request().url())
  const file = join(source, pathname === '/' ? 'index.html' : pathname)
  if (!existsSync(file)) return route.continue()
  return route.fulfill({ body: readFileSync(file), contentType: KINDS[extname(file)] })
}

/** Adds the processor time of each task of the page's main thread. Writes all that its threads do if that is wanted. */
async function traced(browser, page, isWanted, watch) {
  await browser.startTracing(page, isWanted ? { path: options.trace, categories: TRACED } : { categories: TASKS })
  await page.evaluate((name) => void performance.mark(name), MARK)
  const measured = await watch()
  return { ...measured, ownTimes: ownTimesIn(await browser.stopTracing()) }
}

/** In milliseconds. */
function ownTimesIn(trace) {
  const { traceEvents } = JSON.parse(trace)
  const mark = traceEvents.find(({ name }) => name === MARK)
  return traceEvents
    .filter(({ name, pid, tid, ts }) => {
      const isOfPage = pid === mark.pid && tid === mark.tid && ts > mark.ts
      return isOfPage && name === 'ThreadControllerImpl::RunTask'
    })
    .map(({ tdur }) => tdur / 1000)
}

/** How much processor time the page's main thread has used, in milliseconds. */
async function startProcessorTime(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration').value * 1000
  }
  const before = await read()
  return async () => (await read()) - before
}

/** What the machine does to a page that does nothing, while the job runs. */
async function watchNothing(browser, server, site) {
  const page = await open(browser, server)
  await page.goto(`${site}/`)
  const processorTime = await startProcessorTime(page)
  const job = await startRun(server, site)
  const args = ['watch', job, '--url', server.ws, '--token', server.token]
  const measured = await traced(browser, page, false, async () => {
    // A job with failed tests is no failure of the measurement.
    await promisify(execFile)(stepcast, args, { maxBuffer: 2 ** 30 }).catch(() => undefined)
    return page.evaluate('window.measured')
  })
  const processor = await processorTime()
  await page.context().close()
  return { processor, ...measured }
}

async function watchLive(browser, server, site, source, isTraced) {
  const page = await open(browser, server, source)
  await page.goto(server.http)
  await page.getByTestId('connection-state').filter({ hasText: 'Connected' }).waitFor()
  const processorTime = await startProcessorTime(page)
  const job = await startRun(server, site)
  const measured = await traced(browser, page, isTraced, async () => {
    await page.evaluate((id) => {
      window.measured.frames.length = window.measured.longTasks.length = 0
      location.hash = `#/jobs/${id}`
    }, job)
    await page.waitForFunction(shownWhole, tests, { polling: 100 })
    return page.evaluate('window.measured')
  })
  const processor = await processorTime()
  await page.context().close()
  return { job, processor, ...measured }
}

async function openCold(browser, server, source, job) {
  const page = await open(browser, server, source)
  await page.goto(`${server.http}/#/jobs/${job}`)
  const shown = await page.waitForFunction(shownWhole, tests, { polling: 'raf' })
  const coldOpen = await shown.jsonValue()
  await page.context().close()
  return coldOpen
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}

function row(page, { frames, longTasks, ownTimes, processor, coldOpen }) {
  const sorted = frames.toSorted((one, other) => one - other)
  const sum = (all) => all.reduce((total, one) => total + one, 0)
  return {
    page,
    'job s': (sum(frames) / 1000).toFixed(1),
    frames: frames.length,
    'p50 ms': Math.round(percentile(sorted, 0.5)),
    'p99 ms': Math.round(percentile(sorted, 0.99)),
    'longest ms': Math.round(sorted.at(-1)),
    'long tasks': longTasks.length,
    'together ms': Math.round(sum(longTasks)),
    'longest task ms': Math.round(Math.max(0, ...longTasks)),
    'longest own ms': Math.round(ownTimes.reduce((most, time) => Math.max(most, time), 0)),
    'processor ms': Math.round(processor),
    'cold open ms': coldOpen === undefined ? '' : Math.round(coldOpen),
  }
}

async function main() {
  writeInput()
  const site = await start(process.execPath, 'examples/serve.mjs', folder, '--port', '0')
  const up = ['up', '--json', '--port', '0', '--data-dir', join(folder, 'data'), '--allow-private-targets']
  const server = JSON.parse(await start(stepcast, ...up))
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: BROWSER_ARGUMENTS,
  })
  const rows = []
  for (let run = 0; run < Number(options.runs); run += 1) {
    rows.push(row('(empty)', await watchNothing(browser, server, site)))
    for (const source of options.page) {
      const live = await watchLive(browser, server, site, source, rows.length === 1 && options.trace !== undefined)
      rows.push(row(source, { ...live, coldOpen: await openCold(browser, server, source, live.job) }))
    }
  }
  await browser.close()
  console.table(rows)
}

options.page = options.page.map((source) => (existsSync(source) ? resolve(source) : source))
process.chdir(new URL('..', import.meta.url).pathname)
process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143))
process.once('exit', () => {
  for (const child of processes) child.kill()
  rmSync(folder, { recursive: true, force: true })
})
try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
process.exit()
