import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runner, stepcast } from './runner.mjs'
import { identities, site, up } from './servers.mjs'

const suite = (name, base, tests) => JSON.stringify({ suite: name, vars: { base }, tests })
const ok = (name = 'Home page') => ({
  name,
  get: '${base}/',
  expect: [{ status: 200 }, { css: 'h1', text: 'Welcome' }],
})
const wrong = (name = 'Wrong page') => ({ name, get: '${base}/', expect: [{ css: 'h1', text: 'Goodbye' }] })

/** A program in place of stepcast that keeps its command line and environment, and then becomes stepcast. */
const recording = `#!/bin/bash
printf '%s\\0' "$@" >>"$RUNNER_TEMP/../arguments"
env -0 >>"$RUNNER_TEMP/../environment"
exec '${stepcast}' "$@"
`
/** A program in place of stepcast that ends as it is told. */
const ending = (events, end) => `#!/bin/bash
for option in "$@"; do case $option in --json=*) file=\${option#*=} ;; esac; done
cat >"$file" <<'END'
${events.map((event) => JSON.stringify(event)).join('\n')}
END
${end}
`
const finished = (verdict, more = {}) => ({
  type: 'job.finished',
  job: 'job-1',
  verdict,
  counts: { total: 1 },
  ...more,
})

async function prepare(t, page) {
  const made = runner(t)
  made.install('stepcast', stepcast)
  made.site = await site(t, page)
  made.base = made.site.url
  made.kept = (name) => readFileSync(join(made.folder, name), 'utf8').split('\0').slice(0, -1)
  return made
}

test('a suite that passes', async (t) => {
  const machine = await prepare(t)
  machine.write('shop.yaml', suite('Shop', machine.base, [ok()]))
  const { code, commands, log, stderr } = await machine.step('run.sh', { INPUT_SUITE: 'shop.yaml' })
  assert.equal(code, 0, log)
  // The order of two streams is not known, so what stops commands in one would not stop them in the other.
  assert.equal(stderr, '')
  assert.deepEqual(commands, [])
  assert.match(log, /passed: Shop: 1 passed/)
  const { verdict, job, total, passed, failed, errored, artifact, junit } = machine.outputs()
  assert.deepEqual([verdict, job, total, passed, failed, errored], ['passed', 'check:shop.yaml', '1', '1', '0', '0'])
  assert.match(machine.summary(), /Shop/)
  assert.match(artifact, /^stepcast-pages-[0-9a-f]{8}$/)
  assert.match(readFileSync(join(junit, '1.xml'), 'utf8'), /testsuite name="Shop"/)
})

test('a suite that fails has annotations, a summary and a report', async (t) => {
  const machine = await prepare(t)
  machine.write('shop.yaml', suite('Shop', machine.base, [ok(), wrong()]))
  const { code, commands } = await machine.step('run.sh', { INPUT_SUITE: './shop.yaml', INPUT_ARTIFACT: 'mine' })
  assert.equal(code, 1)
  assert.equal(commands[0].command, 'error')
  assert.match(commands[0].properties, /^file=shop\.yaml,line=1,.*title=Wrong page$/)
  assert.match(machine.summary(), /Wrong page/)
  const { verdict, total, failed, report, artifact } = machine.outputs()
  assert.deepEqual([verdict, total, failed, artifact], ['failed', '2', '1', 'mine'])
  assert.match(readFileSync(report, 'utf8'), /Wrong page/)
})

test('several suites: sums, the worst verdict, and failures first', async (t) => {
  const machine = await prepare(t)
  machine.write('a.yaml', suite('Suite A', machine.base, [ok()]))
  machine.write('b.yaml', suite('Suite B', machine.base, [ok(), wrong()]))
  machine.write('c d.yaml', suite('Suite C', machine.base, [ok()]))
  const { code } = await machine.step('run.sh', { INPUT_SUITE: ' ?.yaml \r\n\nc d.yaml\n' })
  assert.equal(code, 1)
  const { verdict, total, passed, failed, job, junit } = machine.outputs()
  assert.deepEqual([verdict, total, passed, failed], ['failed', '4', '3', '1'])
  assert.deepEqual(job.split('\n'), ['check:a.yaml', 'check:b.yaml', 'check:c d.yaml'])
  assert.deepEqual(readdirSync(junit).sort(), ['1.xml', '2.xml', '3.xml'])
  const [a, b, c] = ['Suite A', 'Suite B', 'Suite C'].map((name) => machine.summary().indexOf(name))
  assert.ok(b >= 0 && b < a && a < c, machine.summary())
})

test('every suite that fails is among the ten annotations that GitHub shows', async (t) => {
  const machine = await prepare(t)
  const many = (name, count) =>
    suite(
      name,
      machine.base,
      Array.from({ length: count }, (_, i) => wrong(`${name}${i}`)),
    )
  machine.write('a.yaml', many('A', 13))
  machine.write('b.yaml', many('B', 2))
  machine.write('c.yaml', 'suite: [')
  const { code, commands } = await machine.step('run.sh', { INPUT_SUITE: '*.yaml' })
  assert.equal(code, 2)
  const errors = commands.filter(({ command }) => command === 'error')
  assert.equal(errors.length, 10)
  const titles = errors.map(({ properties }) => /title=(\w+)/.exec(properties)[1])
  assert.deepEqual(titles.slice(0, 4), ['A0', 'B0', 'Stepcast', 'A1'])
  assert.match(errors[0].properties, /^file=a\.yaml,line=1,/)
  assert.match(errors[2].data, /^c\.yaml: invalid/)
  const notices = commands.filter(({ command }) => command === 'notice').map(({ data }) => data)
  // Three that the program left out, and three that the script left out
  assert.equal(notices.length, 2)
  for (const data of notices) assert.match(data, /^3 more /)
})

test('the worst of several verdicts decides, and an unknown result is the best that is not green', async (t) => {
  const machine = await prepare(t)
  machine.install('stepcast', ending([], 'exit "${@: -1}"'))
  const codes = { 3: 'errored', 137: 'none', 2: 'invalid', 130: 'cancelled' }
  for (const [suites, worst] of [
    ['3\n137\n2', 137],
    ['130\n2\n3', 2],
    ['3\n130', 130],
  ]) {
    const { code } = await machine.step('run.sh', { INPUT_SUITE: suites })
    assert.equal(code, worst)
    assert.equal(machine.outputs().verdict, codes[worst])
  }
  const passed = ending([finished('passed')], 'exit 0').replace('#!/bin/bash\n', '')
  machine.install('stepcast', `#!/bin/bash\n[ "\${@: -1}" = 0 ] || exit 3\n${passed}`)
  for (const suites of ['0\n3', '3\n0']) {
    assert.equal((await machine.step('run.sh', { INPUT_SUITE: suites })).code, 3)
    assert.equal(machine.outputs().verdict, 'errored')
  }
})

test('how a step ends by verdict and fail-on', async (t) => {
  const refusing = { name: 'Down', get: 'http://127.0.0.1:1/', expect: [{ status: 200 }] }
  const table = [
    // verdict, suite or program, more inputs, exit code, whether it passes with `failed`
    ['passed', (machine) => suite('S', machine.base, [ok()]), {}, 0, true],
    ['failed', (machine) => suite('S', machine.base, [wrong()]), {}, 1, false],
    ['errored', (machine) => suite('S', machine.base, [refusing]), {}, 3, true],
    ['empty', (machine) => suite('S', machine.base, [ok()]), { INPUT_TAGS: 'nobody' }, 4, false],
    ['invalid', () => 'suite: [', {}, 2, false],
    ['cancelled', ending([finished('cancelled')], 'exit 130'), {}, 130, false],
    ['none', ending([], 'kill -KILL $$'), {}, 137, false],
    ['none', ending([], 'kill -TERM $$'), {}, 143, false],
    ['none', ending([], 'exit 0'), {}, 3, false],
    // Killed after the verdict was written, or another code than the verdict's
    ['none', ending([finished('passed')], 'kill -KILL $$'), {}, 137, false],
    ['none', ending([finished('failed')], 'exit 0'), {}, 3, false],
    ['none', ending([finished('made up')], 'exit 0'), {}, 3, false],
    ['none', ending([{ type: 'test.finished', verdict: 'passed' }], 'exit 0'), {}, 3, false],
    // Half a line, and no server
    ['none', ending([finished('passed')], 'printf \'{"type":"job.fin\' >>"$file"; kill -SEGV $$'), {}, 139, false],
    ['errored', ending([], 'exit 3'), {}, 3, true],
    ['errored', ending([finished('passed')], 'exit 3'), {}, 3, true],
  ]
  for (const [verdict, what, inputs, expected, isLenient] of table) {
    for (const failOn of [verdict === 'failed' ? '' : 'not-passed', 'failed', 'never']) {
      const machine = await prepare(t)
      if (typeof what === 'string') machine.install('stepcast', what)
      machine.write('s.yaml', typeof what === 'string' ? '' : what(machine))
      const { code, commands, log } = await machine.step('run.sh', {
        INPUT_SUITE: 's.yaml',
        INPUT_FAIL_ON: failOn,
        ...inputs,
      })
      const passes = verdict === 'passed' || failOn === 'never' || (failOn === 'failed' && isLenient)
      const row = `${verdict} ${what} with ${failOn}: ${log}`
      assert.equal(code, passes ? 0 : expected, row)
      assert.equal(machine.outputs().verdict, verdict, row)
      assert.match(machine.summary(), /^### .*\n/, row)
      if (verdict !== 'passed')
        assert.ok(
          commands.some(({ command }) => command === 'error'),
          row,
        )
      const warned = commands.some(
        ({ command, data }) => command === 'warning' && data.includes(`verdict is ${verdict}`),
      )
      assert.equal(warned, passes && verdict !== 'passed', row)
    }
  }
})

test('a suite that is invalid says why in the summary', async (t) => {
  const machine = await prepare(t)
  machine.write('s.yaml', 'suite: S\ntests: [{ name: A, gett: x }]\n')
  const { code } = await machine.step('run.sh', { INPUT_SUITE: 's.yaml' })
  assert.equal(code, 2)
  assert.match(
    machine.summary(),
    /^### `s.yaml`: invalid\n\nstepcast ended with code 2\.\n\n {4}s\.yaml:2:20: error: .*gett/,
  )
})

test('secrets are hidden, and only in the environment of the program', async (t) => {
  const machine = await prepare(t, '<h1>Welcome</h1><p>correct horse = 100%0A battery</p>')
  machine.install('stepcast', recording)
  const secret = 'correct horse = 100%0A battery'
  // Names that the script itself uses are no different.
  const names = [
    'password',
    'secrets',
    'options',
    'arguments',
    'suites',
    'lines',
    'codes',
    'verdicts',
    'base',
    'code',
    'url',
    'token',
    'child',
    'number',
    'line',
  ]
  const get = '${base}/?' + names.map((name) => '${secret.' + name + '}').join('&')
  machine.write('s.yaml', suite('S', machine.base, [{ name: 'A', get, expect: [{ css: 'p', text: 'x' }] }]))
  const { code, stdout, masks, log } = await machine.step('run.sh', {
    INPUT_SUITE: 's.yaml',
    INPUT_SECRETS: names.map((name) => `${name}=${name === 'password' ? secret : `value of ${name}`}`).join('\r\n'),
  })
  assert.equal(code, 1, log)
  assert.deepEqual(masks.slice(1, 3), ['value of secrets', 'value of options'])
  assert.equal(masks[0], secret)
  for (const text of [stdout.replace(/^::add-mask::.*$/gm, ''), machine.summary(), ...machine.kept('arguments')])
    assert.ok(!text.includes('battery') && !text.includes('value of'), text)
  const environment = machine.kept('environment')
  assert.ok(environment.includes(`password=${secret}`))
  for (const name of names.slice(1)) assert.ok(environment.includes(`${name}=value of ${name}`), name)
  assert.ok(!environment.some((line) => line.startsWith('INPUT_SECRETS')))
})

test('a secret needs a name that a program does not read itself', async (t) => {
  const machine = await prepare(t)
  machine.write('s.yaml', suite('S', machine.base, [ok()]))
  for (const name of ['LD_PRELOAD', 'PATH', 'UID', 'STEPCAST_TOKEN', 'GITHUB_ACTIONS', 'my-secret', '1st']) {
    const { code, commands } = await machine.step('run.sh', {
      INPUT_SUITE: 's.yaml',
      INPUT_SECRETS: `${name}=hush hush`,
    })
    assert.equal(code, 2, name)
    assert.match(commands[0].data, new RegExp(`the secret \`${name}\``))
    assert.ok(!commands[0].data.includes('hush'))
  }
})

test('values arrive as they are', async (t) => {
  const machine = await prepare(t)
  machine.install('stepcast', recording)
  machine.write('s.yaml', suite('S', machine.base, [{ ...ok(), tags: ['a', 'b'] }]))
  const vars = ['a=b=c d ', 'b=$(touch injected)', 'c=`touch injected`', `d="';|&`, 'e=', 'f=--help', 'g=*']
  const { code, log } = await machine.step('run.sh', {
    INPUT_SUITE: 's.yaml',
    INPUT_VARS: vars.join('\n') + '\n\n',
    INPUT_TAGS: 'a,b\nc',
  })
  assert.equal(code, 0, log)
  const given = machine.kept('arguments')
  assert.deepEqual(
    given.filter((text) => text.startsWith('--var')),
    vars.map((text) => `--var=${text}`),
  )
  assert.deepEqual(
    given.filter((text) => text.startsWith('--tags')),
    ['--tags=a,b', '--tags=c'],
  )
  assert.deepEqual(given.slice(-2), ['--', 's.yaml'])
})

test('no input is a command, for the shell or for the runner', async (t) => {
  const attacks = [
    '$(touch injected) `touch injected` "; touch injected; # \'; touch injected; #',
    'a[$(touch injected)]=1',
    '--help',
    'x ##[set-output name=verdict]passed\n::set-output name=verdict::passed\n::add-path::/evil',
  ]
  const inputs = [
    'SUITE',
    'URL',
    'TOKEN',
    'OIDC_AUDIENCE',
    'VARS',
    'SECRETS',
    'TAGS',
    'LABELS',
    'TIMEOUT',
    'FAIL_ON',
    'ARTIFACT',
  ]
  const machine = await prepare(t)
  machine.write('s.yaml', suite('S', machine.base, [ok()]))
  const before = machine.left()
  for (const name of inputs)
    for (const attack of attacks) {
      const pair = ['VARS', 'SECRETS', 'LABELS'].includes(name) && !attack.includes('=1')
      const ended = await machine.step('run.sh', {
        INPUT_SUITE: 's.yaml',
        ...(['TOKEN', 'LABELS', 'TIMEOUT'].includes(name) && { INPUT_URL: 'ws://127.0.0.1:1/ws' }),
        [`INPUT_${name}`]: pair ? `k=${attack}` : attack,
      })
      const row = `${name} ${attack}`
      assert.deepEqual(machine.left(), before, row)
      const unexpected = ended.commands.filter(({ command }) => !['error', 'warning', 'notice'].includes(command))
      assert.deepEqual(unexpected, [], row)
      if (name === 'ARTIFACT') assert.equal(machine.outputs().artifact, attack, row)
      else if (name !== 'VARS' && name !== 'SECRETS') assert.notEqual(ended.code, 0, row)
    }
})

test('what a page and a suite say is never a command or an output', async (t) => {
  const evil = 'x ##[set-output name=verdict]passed ::set-output name=verdict::passed'
  const machine = await prepare(t, `<h1>\n::set-output name=verdict::passed\n::add-path::/evil\n${evil}</h1>`)
  machine.write('s.yaml', suite(evil, machine.base, [wrong(evil)]))
  const { code, commands } = await machine.step('run.sh', { INPUT_SUITE: 's.yaml' })
  assert.equal(code, 1)
  assert.deepEqual([...new Set(commands.map(({ command }) => command))], ['error'])
  assert.equal(machine.outputs().verdict, 'failed')

  // Whatever the program gives in its events stays one value.
  const job = 'id\nverdict=passed\nverdict<<END\npassed\nEND'
  const events = [
    { type: 'job.accepted', job },
    finished('failed', { job, url: `https://x/\n${job}`, counts: { total: 'a[$(touch injected)]', failed: 2 } }),
  ]
  machine.install('stepcast', ending(events, 'echo "::add-path::/evil" >&2; echo "::add-path::/evil"; exit 1'))
  const made = await machine.step('run.sh', { INPUT_SUITE: 's.yaml' })
  assert.deepEqual(
    made.commands.map(({ command }) => command),
    [],
  )
  const { verdict, job: id, url, total, failed } = machine.outputs()
  assert.deepEqual(
    { verdict, id, url, total, failed },
    { verdict: 'failed', id: job, url: `https://x/\n${job}`, total: '0', failed: '2' },
  )
  assert.ok(!existsSync(join(machine.workspace, 'injected')))
})

test('a summary that is too long ends whole, below the limit of GitHub', async (t) => {
  const machine = await prepare(t)
  const report = `file=\${option#*=}; { echo '## S'; echo '<details>'; echo '\`\`\`\`text'; yes '\`\`\` zwölf Boxkämpfer' | head -n 60000; echo LAST; } >"$file"`
  machine.install(
    'stepcast',
    ending(
      [finished('failed')],
      `for option in "$@"; do case $option in --markdown=*) ${report} ;; esac; done; exit 1`,
    ),
  )
  const { code } = await machine.step('run.sh', { INPUT_SUITE: 's.yaml' })
  assert.equal(code, 1)
  const summary = machine.summary()
  assert.ok(Buffer.byteLength(summary) <= 1_000_000 && Buffer.byteLength(summary) > 990_000)
  assert.match(summary, /zwölf Boxkämpfer\n````\n\n<\/details>\n\n_The rest does not fit here\. .*_\n$/)
  assert.ok(!summary.includes('LAST'))
})

test('on a server: the job, its labels and its link', async (t) => {
  const machine = await prepare(t)
  const server = await up(t, machine.folder)
  machine.install('stepcast', recording)
  machine.write('s.yaml', suite('S', machine.base, [ok()]))
  const { code, log, stdout } = await machine.step('run.sh', {
    INPUT_SUITE: 's.yaml',
    INPUT_URL: server.ws,
    INPUT_TOKEN: server.token,
    INPUT_LABELS: 'team=web shop\nrun=mine\nref=',
    INPUT_TIMEOUT: '60s',
  })
  assert.equal(code, 0, log)
  assert.equal(machine.outputs().verdict, 'passed')
  assert.match(machine.outputs().job, /^[0-9a-f-]{36}$/)
  const given = machine.kept('arguments')
  assert.equal(given[0], 'run')
  assert.deepEqual(
    given.filter((text) => text.startsWith('--label')).sort(),
    [
      'base=main',
      'branch=7/merge',
      'repository=acme/shop',
      'run=mine',
      'sha=0123456789abcdef0123456789abcdef01234567',
      'team=web shop',
    ].map((text) => `--label=${text}`),
  )
  assert.ok(!given.some((text) => text.includes(server.token)))
  assert.ok(!stdout.replace(/^::add-mask::.*$/gm, '').includes(server.token))

  const wrongToken = await machine.step('run.sh', { INPUT_SUITE: 's.yaml', INPUT_URL: server.ws, INPUT_TOKEN: 'wrong' })
  assert.equal(wrongToken.code, 3, wrongToken.log)
  assert.equal(machine.outputs().verdict, 'errored')
})

test('on a server: stored suites, and the address and token from the environment', async (t) => {
  const machine = await prepare(t)
  const server = await up(t, machine.folder)
  machine.event({})
  const events = [
    { type: 'job.accepted', job: 'job-1' },
    finished('passed', { url: 'https://dashboard.example/#/jobs/job-1' }),
  ]
  machine.install('stepcast', recording.replace(/exec .*/, '') + ending(events, 'exit 0').replace('#!/bin/bash', ''))
  const { code } = await machine.step('run.sh', {
    INPUT_SUITE: 'Shop *@3\n',
    STEPCAST_URL: server.ws,
    STEPCAST_TOKEN: server.token,
  })
  assert.equal(code, 0)
  assert.deepEqual(machine.kept('arguments').slice(-2), ['--', 'Shop *@3'])
  assert.equal(machine.outputs().url, 'https://dashboard.example/#/jobs/job-1')
})

test('a server is never left out by accident', async (t) => {
  const machine = await prepare(t)
  machine.write('s.yaml', suite('S', machine.base, [ok()]))
  for (const [name, value] of Object.entries({ TOKEN: 't', OIDC_AUDIENCE: 'stepcast', LABELS: 'a=b', TIMEOUT: '1m' })) {
    const variables = {
      INPUT_SUITE: 's.yaml',
      INPUT_URL: '',
      [`INPUT_${name}`]: value,
      ACTIONS_ID_TOKEN_REQUEST_URL: 'x',
    }
    const { code, commands } = await machine.step('run.sh', variables)
    assert.equal(code, 2)
    assert.match(commands[0].data, /there is no `url`/)
  }
})

test('an identity token for each suite', async (t) => {
  const machine = await prepare(t)
  const server = await up(t, machine.folder)
  const issuer = await identities(t, server.token)
  machine.install('stepcast', recording)
  machine.install('curl', `#!/bin/bash\nprintf '%s\\0' "$@" >>"$RUNNER_TEMP/../curl"\nexec /usr/bin/curl "$@"\n`)
  for (const name of ['a', 'b']) machine.write(`${name}.yaml`, suite(name, machine.base, [ok()]))
  const variables = {
    INPUT_SUITE: 'a.yaml\nb.yaml',
    INPUT_URL: server.ws,
    INPUT_OIDC_AUDIENCE: 'step cast&x=y',
    ACTIONS_ID_TOKEN_REQUEST_URL: `${issuer.url}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request token',
  }
  const { code, masks, stdout, log } = await machine.step('run.sh', variables)
  assert.equal(code, 0, log)
  assert.deepEqual(
    issuer.requests.map(({ url }) => url),
    Array(2).fill('/token?api-version=2.0&audience=step%20cast%26x%3Dy'),
  )
  assert.deepEqual(masks, [server.token, server.token])
  assert.ok(!stdout.replace(/^::add-mask::.*$/gm, '').includes(server.token))
  assert.ok(machine.kept('environment').includes(`STEPCAST_TOKEN=${server.token}`))
  for (const text of [...machine.kept('curl'), ...machine.kept('arguments')])
    assert.ok(!text.includes('request token') && !text.includes(server.token), text)

  // GitHub does not give one: the result is unknown.
  const refused = await machine.step('run.sh', { ...variables, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'wrong' })
  assert.equal(refused.code, 3)
  assert.equal(machine.outputs().verdict, 'errored')
  assert.match(machine.summary(), /GitHub gave no identity token/)

  // The job may not ask, or there is a token too.
  const { ACTIONS_ID_TOKEN_REQUEST_URL: _, ...denied } = variables
  assert.match((await machine.step('run.sh', denied)).commands[0].data, /hint: add `permissions: { id-token: write }`/)
  const both = await machine.step('run.sh', { ...variables, INPUT_TOKEN: 'x' })
  assert.equal(both.code, 2)
})

test('a runner that cancels the step cancels the job, and begins no other', { timeout: 60_000 }, async (t) => {
  const machine = await prepare(t)
  const server = await up(t, machine.folder)
  machine.write('a.yaml', suite('A', machine.base, [{ name: 'Slow', get: '${base}/slow', expect: [{ status: 200 }] }]))
  machine.write('b.yaml', suite('B', machine.base, [ok()]))
  const variables = { INPUT_SUITE: 'a.yaml\nb.yaml', INPUT_URL: server.ws, INPUT_TOKEN: server.token }
  // The job is running once the site is asked.
  const interrupt = (child) => (machine.site.asked = () => child.kill('SIGINT'))
  const { code, log } = await machine.step('run.sh', variables, interrupt)
  assert.equal(code, 130, log)
  // The server says so; of the second suite there is no job.
  const { verdict, total } = machine.outputs()
  assert.deepEqual([verdict, total], ['cancelled', '1'])
  assert.match(log, /cancelling; press Ctrl-C again/)
  assert.match(machine.summary(), /`b\.yaml`: cancelled/)
})

test('what is missing is named', async (t) => {
  const machine = await prepare(t)
  for (const [variables, message] of [
    [{}, /`suite` is empty/],
    [{ INPUT_SUITE: ' \n' }, /`suite` is empty/],
    [{ INPUT_SUITE: 's', INPUT_FAIL_ON: 'always' }, /`fail-on` is `always`/],
    [{ INPUT_SUITE: 's', INPUT_VARS: 'a=b\nsecret words' }, /line 2 of the input `vars` is not like NAME=VALUE/],
  ]) {
    const { code, commands } = await machine.step('run.sh', variables)
    assert.equal(code, 2)
    assert.match(commands[0].data, message)
    assert.ok(!commands[0].data.includes('secret words'))
    assert.equal(machine.outputs().verdict, 'none')
  }
})
