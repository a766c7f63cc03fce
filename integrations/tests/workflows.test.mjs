import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from '../../web/node_modules/yaml/dist/index.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const folder = join(root, '.github/workflows')
const workflows = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])
const stepsOf = (text) => Object.values(parse(text).jobs).flatMap(({ steps }) => steps)

for (const [name, text] of workflows) {
  test(`${name} runs what a maintainer can run by hand`, () => {
    const makefile = readFileSync(join(root, 'Makefile'), 'utf8')
    const targets = new Set([...makefile.matchAll(/^([a-z-]+):/gm)].map(([, target]) => target))
    for (const { run } of stepsOf(text).filter(({ run }) => run !== undefined)) {
      const [, target] = /^make ([a-z-]+)$/.exec(run) ?? []
      assert.ok(targets.has(target), run)
    }
  })

  test(`${name} names each action by the digest of a commit`, () => {
    for (const { uses } of stepsOf(text).filter(({ uses }) => uses !== undefined)) {
      assert.match(uses, /^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/)
    }
  })

  test(`${name} gives no job more than it asks for`, () => {
    assert.deepEqual(parse(text).permissions, { contents: 'read' })
    for (const step of stepsOf(text).filter(({ uses }) => uses?.startsWith('actions/checkout@'))) {
      assert.equal(step.with['persist-credentials'], false)
    }
  })
}
