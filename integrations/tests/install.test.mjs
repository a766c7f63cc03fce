import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runner } from './runner.mjs'
import { ARCHIVE, releases, serve } from './servers.mjs'

async function install(t, { variables = {}, change, program, machine = runner(t) } = {}) {
  const server = await releases(t, machine.folder, change, program)
  const given = typeof variables === 'function' ? variables(server) : variables
  const ended = await machine.step('install.sh', {
    STEPCAST_VERSION: '0.1.0',
    STEPCAST_RELEASES: server.url,
    ...given,
  })
  return { ...ended, machine, server }
}

function refused({ code, commands, machine }, message) {
  assert.equal(code, 2)
  assert.equal(machine.path(), '', 'nothing is on the PATH of later steps')
  assert.equal(commands.length, 1, JSON.stringify(commands))
  assert.equal(commands[0].command, 'error')
  assert.match(commands[0].data, message)
  assert.match(commands[0].data, /\nhint: /)
}

test('the program of the release is on the PATH of later steps', async (t) => {
  const { code, log, machine, server } = await install(t)
  assert.equal(code, 0, log)
  assert.match(log, new RegExp(`stepcast 0.1.0, SHA-256 ${server.checksum}`))
  const { stdout } = spawnSync('stepcast', ['--version'], { env: { PATH: machine.path() }, encoding: 'utf8' })
  assert.equal(stdout, 'stepcast 0.1.0\n')
})

test('a checksum of the caller replaces that of the release, in either case of letters', async (t) => {
  const change = (files) => delete files.SHA256SUMS
  for (const of of [(text) => text, (text) => text.toUpperCase()]) {
    const { code, server } = await install(t, {
      change,
      variables: (server) => ({ STEPCAST_CHECKSUM: of(server.checksum) }),
    })
    assert.equal(code, 0)
    assert.deepEqual(
      server.requests.map(({ url }) => url),
      [`/v0.1.0/${ARCHIVE}`],
    )
  }
})

test('another archive than the expected one is refused before it is unpacked', async (t) => {
  const zeros = '0'.repeat(64)
  const ended = await install(t, { variables: { STEPCAST_CHECKSUM: zeros } })
  refused(ended, new RegExp(`expected  ${zeros}\n  actual    ${ended.server.checksum}`))
  assert.equal(spawnSync('find', [ended.machine.folder + '/temp', '-name', 'stepcast']).stdout.toString(), '')
  // The release itself has a wrong sum.
  refused(
    await install(t, { change: (files) => (files.SHA256SUMS = `${zeros}  ${ARCHIVE}\n`) }),
    /not the expected one/,
  )
})

test('without a checksum that can be trusted, nothing is installed', async (t) => {
  refused(await install(t, { change: (files) => delete files.SHA256SUMS }), /could not download .*SHA256SUMS/)
  const other = (files) => (files.SHA256SUMS = `${'0'.repeat(64)}  x-${ARCHIVE}\n`)
  refused(await install(t, { change: other }), /does not name stepcast-0.1.0/)
  const empty = (files) => (files.SHA256SUMS = `  ${ARCHIVE}\n`)
  refused(await install(t, { change: empty }), /does not name stepcast-0.1.0/)
  for (const STEPCAST_CHECKSUM of [
    'abc',
    'sha256:' + '0'.repeat(64),
    '0'.repeat(63),
    `${'0'.repeat(64)}\n::warning::x`,
  ])
    refused(await install(t, { variables: { STEPCAST_CHECKSUM } }), /the checksum `/)
})

test('a version is a release and nothing else', async (t) => {
  const versions = [
    '',
    'latest',
    '1',
    '1.2',
    'v1.2.3',
    '1.2.3.4',
    '1..3',
    '.1.2',
    '1.2.',
    '1.2.3-rc',
    '0.1.0\nlatest',
    '../0.1.0',
    '*',
  ]
  for (const STEPCAST_VERSION of versions) {
    const ended = await install(t, { variables: { STEPCAST_VERSION } })
    refused(ended, /which does not name a release/)
    assert.deepEqual(ended.server.requests, [])
  }
})

test('a release that is missing, broken or another one is refused', async (t) => {
  refused(await install(t, { variables: { STEPCAST_VERSION: '9.9.9' } }), /could not download .*v9\.9\.9/)
  refused(
    await install(t, { program: '#!/bin/sh\necho stepcast 0.0.9\n' }),
    /expected stepcast 0.1.0 .*says: stepcast 0.0.9/,
  )
  refused(await install(t, { program: 'not a program' }), /does not start/)
})

test('the way to the releases is safe', async (t) => {
  const unsafe = { STEPCAST_RELEASES: 'http://releases.example/stepcast' }
  refused(await install(t, { variables: unsafe }), /does not begin with https/)
  const elsewhere = await serve(t, () => ({ body: 'evil' }))
  const redirect = { status: 302, headers: { location: `${elsewhere.url}/x` } }
  refused(await install(t, { change: (files) => (files[ARCHIVE] = redirect) }), /could not download/)
  assert.deepEqual(elsewhere.requests, [])
})

test('the releases are those of the repository that the action comes from', async (t) => {
  const places = [
    [{ ACTION_REPOSITORY: 'fork/stepcast' }, 'fork/stepcast'],
    [{ GITHUB_ACTION_PATH: '/home/runner/work/_actions/of/stepcast/v1' }, 'of/stepcast'],
    // An action of the workspace
    [{ GITHUB_ACTION_PATH: '/home/runner/work/shop/shop/.' }, 'acme/shop'],
  ]
  for (const [variables, repository] of places) {
    const machine = runner(t)
    machine.install('curl', '#!/bin/sh\necho "$@" >>"$RUNNER_TEMP/asked"\nexit 22\n')
    refused(
      { ...(await machine.step('install.sh', { STEPCAST_VERSION: '0.1.0', ...variables })), machine },
      new RegExp(`https://github.example/${repository}/releases/download/v0.1.0/SHA256SUMS`),
    )
  }
  const machine = runner(t)
  delete machine.environment.GITHUB_REPOSITORY
  refused({ ...(await machine.step('install.sh', { STEPCAST_VERSION: '0.1.0' })), machine }, /not known where/)
})

test('a machine without a release is named', async (t) => {
  const machine = runner(t)
  machine.install('uname', '#!/bin/sh\n[ "$1" = -s ] && echo Darwin || echo arm64\n')
  refused(await install(t, { machine }), /no release for `Darwin arm64`/)
})

test('inputs are never commands', async (t) => {
  for (const text of ['$(touch injected)', '`touch injected`', '"; touch injected; "', "'; touch injected; '"])
    for (const name of ['STEPCAST_VERSION', 'STEPCAST_CHECKSUM', 'STEPCAST_RELEASES']) {
      const { code, machine } = await install(t, { variables: { [name]: text } })
      assert.equal(code, 2)
      assert.ok(!existsSync(join(machine.workspace, 'injected')))
    }
  const commands = '0.1.0\n::set-output name=x::y\n::add-path::/evil\r\n##[add-path]/evil'
  for (const name of ['STEPCAST_VERSION', 'STEPCAST_CHECKSUM', 'STEPCAST_RELEASES'])
    refused(await install(t, { variables: { [name]: commands } }), /./)
})
