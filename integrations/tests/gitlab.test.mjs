// The template of GitLab: its scripts run as GitLab runs them, in one shell that ends with the first error.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, run, runner, stepcast } from './runner.mjs'
import { ARCHIVE, releases, site, up } from './servers.mjs'

const { parse } = createRequire(join(root, 'web/package.json'))('yaml')
const template = parse(readFileSync(join(root, 'integrations/gitlab/stepcast.gitlab-ci.yml'), 'utf8'))
const job = template['.stepcast']
const script = ['set -e', ...job.before_script, ...job.script].join('\n')

const suite = (name, base, text = 'Welcome') =>
  JSON.stringify({
    suite: name,
    vars: { base },
    tests: [{ name: 'Home page', get: '${base}/?${secret.key}', expect: [{ css: 'h1', text }] }],
  })

/** A job whose release has a program that keeps its command line and becomes stepcast. */
async function prepare(t, shell, change) {
  const made = runner(t)
  made.site = await site(t)
  made.base = made.site.url
  const program = `#!/bin/bash\nprintf '%s\\0' "$@" >>'${made.folder}/arguments'\nexec '${stepcast}' "$@"\n`
  made.releases = await releases(t, made.folder, change, program)
  made.job = (variables) => {
    const { PATH, HOME } = made.environment
    return run(shell, ['-c', script], {
      cwd: made.workspace,
      env: {
        PATH,
        HOME,
        CI: 'true',
        key: 'hush hush',
        STEPCAST_SECRETS: 'key',
        STEPCAST_VERSION: '0.1.0',
        STEPCAST_RELEASES: made.releases.url,
        ...variables,
      },
    })
  }
  made.kept = () => readFileSync(join(made.folder, 'arguments'), 'utf8').split('\0').slice(0, -1)
  return made
}

test('the functions that install are those of install.sh', () => {
  const install = readFileSync(join(root, 'integrations/github/install.sh'), 'utf8')
  const shared = install
    .split('# --- shared with integrations/gitlab/stepcast.gitlab-ci.yml\n')[1]
    .split('# --- end of what is shared')[0]
  assert.ok(shared.length > 1000)
  assert.ok(job.before_script[0].includes(shared), 'copy what is shared from install.sh into the template')
})

test('the job keeps its reports', () => {
  assert.equal(job.artifacts.when, 'always')
  assert.equal(job.artifacts.reports.junit, 'stepcast-results/*.xml')
  assert.deepEqual(template['.stepcast-oidc'], {
    extends: '.stepcast',
    id_tokens: { STEPCAST_TOKEN: { aud: 'stepcast' } },
  })
})

for (const shell of ['sh', 'bash']) {
  test(`${shell}: suites that pass and fail, and what is left of them`, async (t) => {
    const machine = await prepare(t, shell)
    machine.write('a b.yaml', suite('A', machine.base))
    machine.write('b.yaml', suite('B', machine.base, 'Goodbye'))
    const passed = await machine.job({
      STEPCAST_SUITE: 'a b.yaml',
      STEPCAST_VARS: 'x=$(touch injected)\n\ny=`"\'',
      STEPCAST_TAGS: '',
    })
    assert.equal(passed.code, 0, passed.log)
    assert.match(passed.log, /SHA-256/)
    assert.deepEqual(
      machine.kept().filter((text) => text.startsWith('--var')),
      ['--var=x=$(touch injected)', '--var=y=`"\''],
    )
    const failed = await machine.job({ STEPCAST_SUITE: 'b.yaml\na b.yaml\n' })
    assert.equal(failed.code, 1, failed.log)
    assert.deepEqual(readdirSync(join(machine.workspace, 'stepcast-results')).sort(), [
      '1.md',
      '1.ndjson',
      '1.xml',
      '2.md',
      '2.ndjson',
      '2.xml',
    ])
    assert.ok(!machine.kept().some((text) => text.includes('hush')))
    assert.ok(!(passed.log + failed.log).includes('hush'))
    assert.ok(!existsSync(join(machine.workspace, 'injected')))
  })

  test(`${shell}: a secret can have any name`, async (t) => {
    const machine = await prepare(t, shell)
    const names = [...new Set(script.match(/\b[a-z]+(?==)|(?<=read -r |for )[a-z]+\b/g))]
    assert.ok(names.includes('target'))
    const get = `${machine.base}/?${names.map((name) => '${secret.' + name + '}').join('&')}`
    machine.write('a.yaml', JSON.stringify({ suite: 'A', tests: [{ name: 'A', get, expect: [{ status: 200 }] }] }))
    const values = Object.fromEntries(names.map((name) => [name, `value-of-${name}`]))
    const { code, log } = await machine.job({ STEPCAST_SUITE: 'a.yaml', STEPCAST_SECRETS: names.join(' '), ...values })
    assert.equal(code, 0, log)
    assert.deepEqual(machine.site.requests.at(-1).url, `/?${names.map((name) => values[name]).join('&')}`)
  })

  test(`${shell}: exit codes`, async (t) => {
    const machine = await prepare(t, shell)
    machine.write('ok.yaml', suite('A', machine.base))
    machine.write('wrong.yaml', suite('B', machine.base, 'Goodbye'))
    machine.write('down.yaml', suite('C', 'http://127.0.0.1:1'))
    machine.write('invalid.yaml', 'suite: [')
    const table = [
      ['down.yaml\nok.yaml', 3],
      ['down.yaml\nwrong.yaml\nok.yaml', 1],
      ['wrong.yaml\ndown.yaml', 1],
      ['invalid.yaml\nwrong.yaml', 2],
      ['', 2],
      ['--help', 2],
    ]
    for (const [STEPCAST_SUITE, expected] of table) {
      const { code, log } = await machine.job({ STEPCAST_SUITE })
      assert.equal(code, expected, `${STEPCAST_SUITE}: ${log}`)
    }
    assert.equal((await machine.job({ STEPCAST_SUITE: 'ok.yaml', STEPCAST_TAGS: 'nobody' })).code, 4)
  })

  test(`${shell}: on a server`, async (t) => {
    const machine = await prepare(t, shell)
    const server = await up(t, machine.folder)
    machine.write('a.yaml', suite('A', machine.base))
    const variables = {
      STEPCAST_SUITE: 'a.yaml',
      STEPCAST_URL: server.ws,
      STEPCAST_TOKEN: server.token,
      STEPCAST_TIMEOUT: '60s',
      CI_PROJECT_PATH: 'acme/shop',
      CI_COMMIT_REF_NAME: 'main',
      CI_COMMIT_SHA: 'abc',
      CI_PIPELINE_ID: '5',
    }
    const { code, log } = await machine.job(variables)
    assert.equal(code, 0, log)
    assert.deepEqual(
      machine.kept().filter((text) => /^--(label|timeout)/.test(text)),
      ['repository=acme/shop', 'branch=main', 'sha=abc', 'run=5']
        .map((text) => `--label=${text}`)
        .concat('--timeout=60s'),
    )
    assert.ok(!machine.kept().some((text) => text.includes(server.token)))
    const nowhere = await machine.job({ ...variables, STEPCAST_URL: '' })
    assert.equal(nowhere.code, 2)
    assert.match(nowhere.stderr, /no STEPCAST_URL/)
    const merge = { CI_MERGE_REQUEST_IID: '12', CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main' }
    await machine.job({ ...variables, ...merge })
    for (const label of ['branch=merge-request/12', 'base=main']) assert.ok(machine.kept().includes(`--label=${label}`))
  })

  test(`${shell}: without the right archive, nothing runs`, async (t) => {
    const machine = await prepare(t, shell, (files) => (files.SHA256SUMS = `${'0'.repeat(64)}  ${ARCHIVE}\n`))
    for (const variables of [
      {},
      { STEPCAST_CHECKSUM: 'abc' },
      { STEPCAST_RELEASES: '' },
      { STEPCAST_VERSION: 'latest' },
    ]) {
      const { code, stderr } = await machine.job({ STEPCAST_SUITE: 'a.yaml', ...variables })
      assert.equal(code, 2)
      assert.match(stderr, /^error: .*\n(.*\n)*\nhint: .*\n$/)
      assert.ok(!existsSync(join(machine.folder, 'arguments')))
    }
    const { code } = await machine.job({ STEPCAST_SUITE: 'none.yaml', STEPCAST_CHECKSUM: machine.releases.checksum })
    assert.equal(code, 2)
    assert.ok(existsSync(join(machine.folder, 'arguments')))
  })
}
