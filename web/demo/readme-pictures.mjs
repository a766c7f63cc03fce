// The pictures of the README, from a running server: a job while it runs, and a test that passed before and fails now.
//
// The example site is copied and served from a folder of its own, so that it can change between two runs. The suites are
// run as people run them, through the run box.

import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { writeSuite } from '../e2e/suite-editor.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Twice as many pixels, for screens that have them. */
const VIEW = { viewport: { width: 1200, height: 780 }, deviceScaleFactor: 2 }

/** A page of the shop under many names, as many as a run takes that a picture can be taken in the middle of. */
function shopSuite(base) {
  const pages = (first, last) => Array.from({ length: last - first + 1 }, (_, place) => first + place)
  const tests = (name, numbers, title) => `
  - name: ${name} no. \${page}
    each: { page: [${numbers}] }
    get: \${base}/?page=\${page}
    expect:
      - status: 200
      - css: h1
        text: ${title}`
  const title = 'Welcome to the Paper Lantern'
  return `suite: Every page of the shop
vars: { base: '${base}' }
defaults: { host: { concurrency: 4 } }
tests:${tests('Round lantern', pages(1, 4), title)}${tests('Lantern on sale', pages(5, 7), 'Lanterns on sale')}${tests(
    'Tall lantern',
    pages(8, 240),
    title,
  )}
`
}

/** It passes before the site changes, and is compared with that afterwards. */
function changingSuite(base) {
  return `suite: Paper Lantern, home page
vars: { base: '${base}' }
tests:
  - name: Stock list
    get: \${base}/shop/stock.json
    expect: [ { json: $.currency, equals: EUR } ]
  - name: Home page
    get: \${base}/
    expect:
      - status: 200
      - css: h1
        text: Welcome to the Paper Lantern
      - css: .product
        count: { at_least: 3 }
`
}

/** What somebody did to the site between two runs: a product is gone, and another one costs more. */
function edited(html) {
  const withoutStar = html.replace(/\n\s*<li class="product" data-sku="L3">.*<\/li>/, '')
  const dearer = withoutStar.replace('<span class="price">18.00</span>', '<span class="price">19.50</span>')
  if (dearer === withoutStar || withoutStar === html) throw new Error('the example site is not as it was')
  return dearer
}

/** Starts a program, and returns its first line. */
function started(processes, program, ...args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  processes.push(child)
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`\`${program}\` ended with ${code}`)))
  })
}

/** The link that signs in to the running server that is named, or to a new one. */
async function signInLink(processes, folder, stepcast) {
  if (process.env.STEPCAST_SIGN_IN_URL) return process.env.STEPCAST_SIGN_IN_URL
  const options = ['--json', '--port', '0', '--data-dir', join(folder, 'data'), '--allow-private-targets']
  const { http, sign_in } = JSON.parse(await started(processes, stepcast, 'up', ...options))
  return new URL(sign_in, http).href
}

/** Starts a run in the run box. */
async function run(page, suite) {
  await page.evaluate('location.hash = "#/"')
  await writeSuite(page, suite)
  await page.getByTestId('run-button').click()
  const problems = page.locator('.problems')
  await page.waitForURL(/#\/jobs\/./).catch(async (error) => {
    throw (await problems.isVisible()) ? new Error(await problems.innerText()) : error
  })
}

const verdict = (page, word) => page.getByTestId('verdict').filter({ hasText: word }).waitFor()

async function takeJob(page, base, file) {
  await run(page, shopSuite(base))
  const bar = page.getByRole('progressbar', { name: 'Finished tests' })
  await page.getByTestId('causes').waitFor()
  while (Number(await bar.getAttribute('aria-valuenow')) < 45) await page.waitForTimeout(50)
  await page.screenshot({ path: file })
  await verdict(page, /failed/i)
}

async function takeFailure(page, base, site, file) {
  // After the first run it is known how the answers are; after the second, which of their parts differ each time.
  for (let times = 0; times < 2; times += 1) {
    await run(page, changingSuite(base))
    await verdict(page, /passed/i)
  }
  const home = join(site, 'index.html')
  writeFileSync(home, edited(readFileSync(home, 'utf8')))
  await run(page, changingSuite(base))
  await verdict(page, /failed/i)
  await page.getByTestId('test-row').filter({ hasText: 'Home page' }).click()
  await page.getByRole('link', { name: 'Open on its own page' }).click()
  const step = page.getByTestId('test-page')
  await step.getByTestId('since-passed').waitFor()
  await step.getByTestId('evidence').locator('summary').first().click()
  await step.getByTestId('differences').waitFor()
  await page.evaluate('scrollTo(0, 0)')
  await page.screenshot({ path: file })
}

/** Writes `job.png` and `failure.png`. `stepcast` is started if no running server is named by its sign-in link. */
export async function takeReadmePictures(browser, { stepcast, pictures }) {
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-pictures-'))
  const processes = []
  try {
    const site = join(folder, 'site')
    cpSync(join(ROOT, 'examples/site'), site, { recursive: true })
    const serve = [join(ROOT, 'examples/serve.mjs'), site, '--port', '0', '--delay', '90']
    const base = await started(processes, process.execPath, ...serve)
    const link = await signInLink(processes, folder, stepcast)
    const page = await browser.newPage({ ...VIEW, colorScheme: 'light' })
    await page.goto(link)
    await page.getByTestId('connection-state').filter({ hasText: 'Connected' }).waitFor()
    mkdirSync(pictures, { recursive: true })
    await takeFailure(page, base, site, join(pictures, 'failure.png'))
    await takeJob(page, base, join(pictures, 'job.png'))
  } finally {
    for (const child of processes) child.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
