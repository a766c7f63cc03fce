import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startServer } from './server.mjs'

const SUITE = {
  suite: 'Shop',
  defaults: { timeout: '60s' },
  vars: { base: '' },
  tests: ['/', '/held'].map((path) => ({ name: path, get: `\${base}${path}`, expect: [{ status: 200 }] })),
}

/** A verdict comes through a server that dies and returns, and none comes if it stays away. */
export async function checkLosses(world) {
  const require = createRequire(join(world.installed, 'a.js'))
  const { connect, NoVerdictError } = await import(pathToFileURL(require.resolve('stepcast-client')).href)
  const WebSocket = require('ws')
  const data = join(world.folder, 'losses')
  let server = await startServer(world, data, '--port', '0')
  const { url, token, port } = server
  const client = connect({ url, token, WebSocket, giveUpAfterMs: 60_000 })
  const impatient = connect({ url, token, WebSocket, giveUpAfterMs: 1_000 })
  const suite = { ...SUITE, vars: { base: world.site.address } }
  try {
    world.site.hold()
    const job = await client.run({ suite })
    const ended = []
    job.onTestEnded(({ name, outcome }) => ended.push(`${name} ${outcome}`))
    await until(() => ended.length === 1)
    const verdict = job.verdict()
    const none = impatient.watch(job.id).verdict()
    await until(() => impatient.status.phase === 'connected')

    await server.kill()
    const error = await none.catch((error) => error)
    assert.ok(error instanceof NoVerdictError && error.reason === 'unreachable', String(error))

    server = await startServer(world, data, '--port', port)
    world.site.letGo()
    const { verdict: told, counts } = await verdict
    assert.deepEqual([told, counts.passed], ['passed', 2])
    assert.deepEqual(ended, ['/ passed', '/held passed'])

    const other = client.watch('01a202c5-7d9b-7658-bb8e-a9c7c9ec7695').verdict()
    await assert.rejects(other, { reason: 'refused' })
    await checkList(client, job.id)
  } finally {
    client.close()
    impatient.close()
    await server.stop()
  }
}

async function checkList(client, job) {
  const jobs = client.watchJobs()
  await until(() => jobs.list?.some((listed) => listed.job === job && listed.verdict === 'passed'))
  jobs.stop()
}

async function until(isSo, ms = 30_000) {
  const end = Date.now() + ms
  while (!isSo()) {
    assert.ok(Date.now() < end, `waited in vain: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
