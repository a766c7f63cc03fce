import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { startServer } from './server.mjs'
import { HOSTILE } from './site.mjs'

const TYPESCRIPT = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

const test = (name, path, text = 'Welcome') => `
  - name: ${JSON.stringify(name)}
    get: \${base}${path}
    expect: [ { status: 200 }, { css: h1, text: { not_equals: ${text} } } ]`

const suiteOf = (...tests) => `suite: Shop\ntests:${tests.join('')}\n`

/** Programs that use its types, as the two kinds of module resolution of TypeScript find them. */
const PROGRAMS = {
  'node.ts': `import WebSocket from 'ws'
import { connect, type FinalVerdict, type TestState } from 'stepcast-client'
import { SuiteText } from 'stepcast-client/suite'
export async function run(text: string): Promise<FinalVerdict> {
  const client = connect({ url: 'ws://a/', token: 'a', WebSocket })
  const { suite } = new SuiteText(text)
  const job = await client.run({ suite: suite ?? 'Shop' })
  job.onTestEnded((test: TestState) => console.log(test.name))
  // @ts-expect-error the types are not \`any\`
  job.nothing()
  return job.verdict()
}
// @ts-expect-error what only the dashboard's tests need is not in the package
import {} from 'stepcast-client/testing'
`,
  'browser.ts': `import { connect } from 'stepcast-client'
import { StepcastJobElement } from 'stepcast-client/element'
export const client = connect({ url: 'ws://a/', token: 'a', WebSocket })
export const element: StepcastJobElement = document.createElement('stepcast-job')
// @ts-expect-error it is no text
element.token = 1
`,
}

/** The program for Node has no types of a browser, and the one for browsers has none of Node. */
export function checkTypes({ installed }) {
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(installed, name), text)
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', module, '--moduleResolution', resolution]
    const compile = (...more) =>
      execFileSync(process.execPath, [TYPESCRIPT, ...options, ...more], { cwd: installed, stdio: 'inherit' })
    compile('--lib', 'ES2023', '--types', 'node', 'node.ts')
    compile('--lib', 'ES2023,DOM,DOM.Iterable', 'browser.ts')
  }
}

/** Runs the example for CI. */
async function ci({ installed }, { url, token }, suite, { onLine = () => {}, vars = [] } = {}) {
  writeFileSync(join(installed, 'suite.yaml'), suite)
  const program = spawn(process.execPath, ['ci.mjs', 'suite.yaml', ...vars], {
    cwd: installed,
    env: { PATH: process.env.PATH, STEPCAST_URL: url, STEPCAST_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, errors] = ['', '']
  program.stdout.on('data', (data) => {
    output += data
    onLine(output, program)
  })
  program.stderr.on('data', (data) => (errors += data))
  const [code] = await once(program, 'close')
  return { code, lines: output.trim().split('\n'), errors }
}

/** The exit codes of the example for CI, and what it prints. */
export async function checkProgram(world) {
  const server = await startServer(world, join(world.folder, 'program'), '--port', '0')
  const vars = [`base=${world.site.address}`]
  const run = (suite, more = {}) => ci(world, server, suite, { vars, ...more })
  try {
    const passed = await run(suiteOf(test('One', '/'), test(HOSTILE, '/')))
    assert.deepEqual([passed.code, passed.lines.length], [0, 3], passed.errors)
    assert.ok(
      passed.lines.every((line) => JSON.parse(line).verdict === 'passed' || JSON.parse(line).outcome === 'passed'),
    )

    const failed = await run(suiteOf(test('One', '/', JSON.stringify(HOSTILE))))
    assert.equal(failed.code, 1, failed.errors)
    assert.match(failed.errors, /css `h1` text not_equals/)

    assert.equal((await run('suite: [')).code, 2, 'a suite that is no YAML')
    const invalid = await run('suite: Shop\ntests: [ { name: One, get: a, expcet: [] } ]\n')
    assert.equal(invalid.code, 2, 'an invalid suite')
    assert.match(invalid.errors, /expcet/)

    const nowhere = await run(suiteOf(test('One', '/')), { vars: ['base=http://127.0.0.1:9'] })
    assert.equal(nowhere.code, 3, 'a test that could not be judged')
    assert.equal((await run('suite: Shop\ntests: [ { name: One, skip: true, get: "${base}/" } ]\n')).code, 4)

    const refused = await ci(world, { ...server, token: 'not-it' }, suiteOf(test('One', '/')), { vars })
    assert.deepEqual([refused.code, refused.errors], [3, 'the server refuses the token\n'])

    // One after the other, so that some have not begun when it is interrupted.
    const held = [1, 2, 3, 4, 5, 6].map((place) => test(`Held ${place}`, `/held?${place}`))
    const slow = `defaults: { timeout: 2s, host: { concurrency: 1 } }\n${suiteOf(...held)}`
    let isInterrupted = false
    const onLine = (_, program) => (isInterrupted ||= program.kill('SIGINT'))
    const cancelled = await run(slow, { onLine })
    assert.equal(cancelled.code, 130, cancelled.errors)
  } finally {
    await server.stop()
  }
}
