// A JUnit report, as `crates/cli/src/report/junit.rs` writes it: both give the same file for the same job.
// https://github.com/testmoapp/junitxml

import { type EarlierAttempt, isPass, type JobSummary, type TestState } from 'stepcast-client'
import { attemptText, testText } from './failure-text'
import { oneLine, printedLines } from './printed'

/**
 * The report of one job. Everything in it that others wrote was masked by the worker, and is escaped here. It says how
 * long before `now`, in milliseconds, tests last passed.
 */
export function junitReport(job: JobSummary, tests: readonly TestState[], now: number): string {
  const { counts } = job
  const attributes = {
    name: oneLine(job.suite),
    tests: counts.total,
    failures: counts.failed,
    errors: counts.errored + counts.blocked,
    skipped: counts.skipped + counts.cancelled,
    time: seconds(job.duration_ms),
    timestamp: oneLine(job.created_at),
  }
  const suite = element(
    'testsuite',
    attributes,
    tests.flatMap((test) => testCase(job, test, now)),
  )
  return ['<?xml version="1.0" encoding="UTF-8"?>', ...element('testsuites', {}, suite)].join('\n')
}

function testCase(job: JobSummary, test: TestState, now: number): string[] {
  const attributes = { name: oneLine(test.name), classname: oneLine(job.suite), time: seconds(test.duration_ms) }
  const { outcome, change, earlier = [] } = test
  const property = change === undefined ? [] : [`  <property name="change" value="${escaped(change)}"/>`]
  const properties = property.length === 0 ? [] : ['<properties>', ...property, '</properties>']
  const hasPassed = outcome !== undefined && isPass(outcome)
  const content = [
    ...properties,
    ...(hasPassed ? [] : [result(test, now)]),
    ...attempts(hasPassed ? 'flaky' : 'rerun', earlier),
  ]
  return content.length === 0 ? [`${opened('testcase', attributes)}/>`] : element('testcase', attributes, content)
}

/** Why a test did not pass. */
function result(test: TestState, now: number): string {
  const { outcome } = test
  const kind = outcome === 'failed' ? 'failure' : outcome === 'skipped' || outcome === 'cancelled' ? 'skipped' : 'error'
  const text = outcome === undefined ? '' : testText(test, outcome, now)
  return textElement(kind, outcome ?? 'without an outcome', text)
}

/**
 * The attempts before the last, as Surefire writes them: `flakyFailure` and `flakyError` of a test that passed in the
 * end, otherwise `rerunFailure` and `rerunError`.
 * https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html
 */
function attempts(kind: 'flaky' | 'rerun', earlier: readonly EarlierAttempt[]): string[] {
  return earlier.map((attempt) => {
    const name = `${kind}${attempt.outcome === 'failed' ? 'Failure' : 'Error'}`
    return textElement(name, `attempt ${attempt.attempt}: ${attempt.outcome}`, attemptText(attempt))
  })
}

/** An element with its content indented. Text is content too, so an element with text is one entry, never several. */
function element(name: string, attributes: Record<string, string | number>, content: readonly string[]): string[] {
  return [`${opened(name, attributes)}>`, ...content.map((line) => `  ${line}`), `</${name}>`]
}

function textElement(name: string, message: string, text: string): string {
  return `${opened(name, { message })}>${escaped(printedLines(text))}</${name}>`
}

function opened(name: string, attributes: Record<string, string | number>): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
  return `<${name}${written.join('')}`
}

const ENTITIES: Record<string, string> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&apos;', '"': '&quot;' }

function escaped(text: string): string {
  return text.replaceAll(/[<>&'"]/g, (character) => ENTITIES[character] ?? character)
}

function seconds(milliseconds = 0): string {
  return `${Math.floor(milliseconds / 1_000)}.${String(milliseconds % 1_000).padStart(3, '0')}`
}
