import type { CheckResult, Command, Event, ListedConnection, Outcome, PastOutcome } from 'stepcast-client'
import { recordedRun } from 'stepcast-client/testing'
import { evidence, keptOf } from './kept'

const MINUTE = 60_000

/** A few finished runs, and a large one. The demo begins in the middle of the large one. */
export function morning(now: number): { events: Event[]; alreadyPlayed: number } {
  const yesterday = new Date(now - 25 * 60 * MINUTE).toISOString()
  const moreOf = (_: number, outcome: Outcome) => (outcome === 'failed' ? keptOf(yesterday) : {})
  const finished = [
    recordedRun({
      job: '01JD5Q9F4M',
      suite: 'Nightly sitemap',
      principal: 'ci@shop',
      startedAt: now - 26 * 60 * MINUTE,
      tests: 412,
      outcomeOf: (test) => (test % 97 === 5 ? 'flaky' : 'passed'),
      nameOf: pageName,
      checksOf,
    }),
    recordedRun({
      job: '01JD7A2K7T',
      suite: 'Checkout',
      principal: 'marta',
      startedAt: now - 3 * 60 * MINUTE,
      tests: 9,
      outcomeOf: (test) => (test < 7 ? 'passed' : 'errored'),
      nameOf: (test) => `Checkout ${['guest', 'member', 'voucher'][test % 3]} in ${['en', 'de', 'fr'][test % 3]}`,
      checksOf,
    }),
    recordedRun({
      job: '01JD7BVX01',
      suite: 'Shop smoke',
      principal: 'ana',
      startedAt: now - 41 * MINUTE,
      tests: 24,
      outcomeOf: (test) => (['failed', 'blocked', 'skipped'][[3, 11, 17].indexOf(test)] as Outcome) ?? 'passed',
      nameOf: pageName,
      checksOf,
      moreOf,
      workers: 2,
      durationOf: (test) => 32 + ((test * 7) % 60),
    }),
    recordedRun({
      job: '01JD7C1EDT',
      suite: 'Shop smoke',
      principal: 'ana',
      startedAt: now - 20 * MINUTE,
      tests: 24,
      outcomeOf: (test) => (['failed', 'failed', 'skipped'][[9, 11, 17].indexOf(test)] as Outcome) ?? 'passed',
      nameOf: pageName,
      checksOf,
      moreOf,
      paceMs: 2,
      origin: { replay_of: '01JD7BVX01', from: 'evidence' },
    }),
  ].flat()
  const running = recordedRun({
    job: '01JD7CZ8QH',
    suite: 'Every page of the shop',
    principal: 'ana',
    startedAt: now - 68_000,
    tests: 2000,
    paceMs: 55,
    outcomeOf: (test) =>
      test % 173 === 20 ? 'failed' : test % 311 === 50 ? 'errored' : test % 211 === 9 ? 'flaky' : 'passed',
    nameOf: pageName,
    checksOf,
    moreOf,
    workers: 4,
    durationOf: (test) => 180 + ((test * 37) % 400) + (test % 173 === 20 ? 2400 : 0),
  })
  return { events: [...finished, ...running], alreadyPlayed: finished.length + 2 + 5 * 1236 + 2 }
}

/** What a recording cannot answer: stored suites, connections, earlier jobs, and a run that is refused. */
export function answer(command: Command): Event | undefined {
  const at = new Date().toISOString()
  if (command.action === 'suites.list') {
    const names = ['Checkout', 'Nightly sitemap', 'Shop smoke']
    const listed = (name: string, index: number) => ({
      name,
      tests: 9 * index + 3,
      updated_at: at,
      version: 4 - index,
      owner: 'ci',
    })
    return { type: 'suites', at, suites: names.map(listed) }
  }
  if (command.action === 'connections') return { type: 'connections', at, connections: connections(at) }
  if (command.action === 'suites.get')
    return { type: 'suite', at, name: command.name, suite: SUITE, version: 4, updated_at: at }
  if (command.action === 'history') {
    const names = command.test === undefined ? Array.from({ length: 24 }, (_, test) => pageName(test)) : [command.test]
    const tests = names.map((name) => ({ name, outcomes: pastOf(name, Date.parse(at)).slice(0, command.limit ?? 10) }))
    return { type: 'history', at, suite: command.suite, tests }
  }
  if (command.action === 'evidence') return evidence(command, new Date(Date.parse(at) - 25 * 60 * MINUTE).toISOString())
  if (command.action !== 'run') return undefined
  return {
    type: 'error',
    at,
    code: 'invalid_suite',
    message: 'the suite has 3 problems',
    temporary: false,
    problems: [
      {
        path: 'tests[0].expect[1].texd',
        message: 'unknown field `texd`',
        hint: 'did you mean `text`?',
      },
      { path: 'tests[0].expect[2].css', message: 'the selector `.product[` ends too early', hint: 'close the `[`' },
      { path: 'tests[1]', message: 'a test needs `get`, `post` or `steps`' },
    ],
  }
}

const SUITE = {
  suite: 'Shop smoke',
  vars: { base: 'https://shop.example' },
  tests: [{ name: 'Home page', get: '${base}/', expect: [{ status: 200 }, { css: 'h1', text: 'Welcome' }] }],
}

function connections(at: string): ListedConnection[] {
  const since = (minutes: number) => new Date(Date.parse(at) - minutes * MINUTE).toISOString()
  return [
    { connection: 'c1', principal: 'ana', role: 'admin', connected_at: since(3), watching: ['feed'] },
    { connection: 'c2', principal: 'marta', role: 'viewer', connected_at: since(47), watching: ['01JD7CZ8QH'] },
    { connection: 'c3', principal: 'ci@shop', role: 'runner', connected_at: since(110), watching: [] },
  ]
}

/** Fifty jobs, one an hour: the test fails at times, and took longer for a while. */
function pastOf(name: string, now: number): PastOutcome[] {
  return Array.from({ length: 50 }, (_, age) => {
    const wave = (age * 7 + name.length * 3) % 11
    return {
      job: `01JD${String(5000 - age)}`,
      outcome: age === 0 || age % 19 === 12 ? 'failed' : age % 13 === 5 ? 'flaky' : 'passed',
      duration_ms: 32 + wave + (age > 14 && age < 24 ? 25 : 0) + (age % 19 === 12 ? 60 : 0),
      at: new Date(now - age * 60 * MINUTE).toISOString(),
    }
  })
}

const SECTIONS = ['bags', 'boots', 'coats', 'gifts', 'hats', 'sale', 'shirts', 'shoes']

function pageName(test: number): string {
  return `/${SECTIONS[test % SECTIONS.length]}/${['red', 'green', 'blue', 'black', 'sand'][test % 5]}-${1000 + test}`
}

function checksOf(test: number, outcome: Outcome): CheckResult[] {
  const held = (check: string): CheckResult => ({ check, outcome: 'passed' })
  switch (outcome) {
    case 'failed':
      return [
        held('status equals 200'),
        held('header `content-type` starts with "text/html"'),
        {
          check: 'css `h1` text equals "Red boots, size 38 to 46"',
          outcome,
          expected: '"Red boots, size 38 to 46"',
          actual: '"Red boots, size 38 to 45"',
        },
        {
          check: 'css `main > .product .price[data-currency]` count at least 12',
          outcome,
          expected: 'at least 12',
          actual: '0 elements',
          hint: '`main > .product` matched 12 elements; `.price[data-currency]` is not in any of them, `.price` is',
        },
        held('xpath `//p[@class="product"]/span/text()`'),
        held('time below 800 ms'),
      ]
    case 'errored':
      return [
        {
          check: 'request',
          outcome,
          expected: 'an answer within 10 s',
          actual: `timed out after 10 s while connecting to shop.example:443 (try ${test % 2 ? 3 : 2})`,
          hint: 'the name resolved to 203.0.113.7; raise `timeout` if the page is known to be slow',
        },
      ]
    case 'blocked':
      return [{ check: 'request', outcome, actual: 'status 429, retry-after: 30', hint: 'lower `host.concurrency`' }]
    case 'skipped':
      return []
    default:
      return [
        held('status equals 200'),
        held('header `content-type` starts with "text/html"'),
        held('css `h1` exists'),
        held('css `.product` count at least 12'),
        held('time below 800 ms'),
      ]
  }
}
