// Runs a suite on a Stepcast server and prints each test as it ends, for CI:
//
//   STEPCAST_URL=wss://… STEPCAST_TOKEN=… node ci.mjs suite.yaml [name=value]...
//
// It needs `npm install stepcast-client ws yaml`. The exit codes are those of the command `stepcast run`.

import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { connect, isProblem, NoVerdictError, WireError } from 'stepcast-client'
import { SuiteText } from 'stepcast-client/suite'
import WebSocket from 'ws'

const EXIT = { passed: 0, failed: 1, errored: 3, empty: 4, cancelled: 130 }
const [INVALID, UNKNOWN] = [2, 3]

/** The server refuses these however often they are sent. */
const INVALID_RUNS = ['invalid_suite', 'bad_request', 'too_large', 'not_found', 'conflict']

async function suiteIn(file) {
  const read = await readFile(file, 'utf8').catch((error) => console.error(error.message))
  if (read === undefined) return undefined
  const text = new SuiteText(read)
  for (const { line, column, message } of text.problems) console.error(`${file}:${line}:${column}: ${message}`)
  return text.suite
}

/** One line for each test: what pages and suites say must not write lines of its own. */
function printTest({ name, outcome, duration_ms, steps }) {
  console.log(JSON.stringify({ name, outcome, duration_ms }))
  if (!isProblem(outcome)) return
  for (const check of steps.flatMap(({ checks = [] }) => checks).filter(({ outcome }) => outcome !== 'passed')) {
    console.error(`  ${JSON.stringify(check)}`)
  }
}

async function main([file, ...assignments]) {
  const suite = file === undefined ? undefined : await suiteIn(file)
  if (suite === undefined) return INVALID
  const vars = Object.fromEntries(assignments.map((one) => [one.split('=')[0], one.slice(one.indexOf('=') + 1)]))
  const { STEPCAST_URL: url = 'ws://127.0.0.1:8787/ws', STEPCAST_TOKEN: token = '' } = process.env
  const client = connect({ url, token, WebSocket })
  try {
    const job = await client.run({ suite, vars })
    process.once('SIGINT', () => job.cancel().catch(() => process.exit(UNKNOWN)))
    job.onTestEnded(printTest)
    const { verdict, counts } = await job.verdict()
    console.log(JSON.stringify({ verdict, counts }))
    return EXIT[verdict] ?? UNKNOWN
  } finally {
    client.close()
  }
}

/** Whatever goes wrong, the result is not green. */
function exitCodeOf(error) {
  console.error(error instanceof WireError || error instanceof NoVerdictError ? error.message : error)
  for (const { path, message } of error.problems ?? []) console.error(`  ${path}: ${message}`)
  return error instanceof WireError && INVALID_RUNS.includes(error.code) ? INVALID : UNKNOWN
}

process.exitCode = await main(process.argv.slice(2)).catch(exitCodeOf)
