import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, runner } from './runner.mjs'
import { comment, github } from './servers.mjs'

const HEAD = 'fedcba9876543210fedcba9876543210fedcba98'
const fixture = (name) => join(root, 'integrations/tests/fixtures', name)
const marker = (key = 'shop') => `<!-- stepcast: ${key} -->`

async function prepare(t, { comments = [], refuse, report = '## `Shop`: failed\n' } = {}) {
  const made = runner(t)
  made.api = await github(t, comments, refuse)
  made.event({ pull_request: { number: 7, head: { sha: HEAD } } })
  writeFileSync(join(made.folder, 'report.md'), report)
  made.comment = (variables = {}) =>
    made.step('comment.sh', {
      GITHUB_API_URL: made.api.url,
      GITHUB_GRAPHQL_URL: `${made.api.url}/graphql`,
      INPUT_GITHUB_TOKEN: 'the token',
      INPUT_COMMENT_KEY: 'shop',
      INPUT_REPORT: join(made.folder, 'report.md'),
      INPUT_VERDICT: 'failed',
      ...variables,
    })
  made.written = () =>
    made.api.requests
      .filter(({ method, url }) => method !== 'GET' && url !== '/graphql')
      .map(({ method, url }) => `${method} ${url}`)
  return made
}

test('the first run writes a comment', async (t) => {
  const machine = await prepare(t, { report: readFileSync(fixture('report.md'), 'utf8') })
  const { code, commands, stdout, stderr } = await machine.comment()
  assert.equal(code, 0, stderr)
  assert.deepEqual(commands, [])
  assert.deepEqual(machine.written(), ['POST /repos/acme/shop/issues/7/comments'])
  assert.ok(machine.api.requests.every(({ headers }) => headers.authorization === 'Bearer the token'))
  assert.ok(!(stdout + stderr).includes('the token'))
  const { body } = machine.api.comments[0]
  if (process.env.STEPCAST_WRITE_GOLDEN) writeFileSync(fixture('comment.md'), body)
  assert.equal(body, readFileSync(fixture('comment.md'), 'utf8'))
})

test('later runs replace it', async (t) => {
  const machine = await prepare(t)
  await machine.comment()
  writeFileSync(join(machine.folder, 'report.md'), '## `Shop`: passed\n')
  const { code } = await machine.comment({ INPUT_VERDICT: 'passed' })
  assert.equal(code, 0)
  assert.equal(machine.api.comments.length, 1)
  assert.match(machine.api.comments[0].body, /^<!-- stepcast: shop -->\n## `Shop`: passed\n/)
})

test('it is found on a later page', async (t) => {
  const comments = Array.from({ length: 250 }, (_, i) => comment(i + 1, `comment ${i}`, 'ana'))
  comments[240] = comment(241, `${marker()}\nold`)
  const machine = await prepare(t, { comments })
  const { code } = await machine.comment()
  assert.equal(code, 0)
  assert.deepEqual(machine.written(), ['PATCH /repos/acme/shop/issues/comments/241'])
  // A page that is exactly full is not the last one.
  const full = await prepare(t, { comments: comments.slice(0, 200) })
  await full.comment()
  assert.deepEqual(full.written(), ['POST /repos/acme/shop/issues/7/comments'])
  assert.equal(full.api.requests.filter(({ method }) => method === 'GET').length, 3)
})

test('only an own comment that begins with the marker is replaced', async (t) => {
  const comments = [
    comment(1, `${marker()}\nmine now`, 'mallory'),
    comment(2, `${marker()}\nmine now`, 'github-actions'),
    // Another workflow quotes what somebody wrote.
    comment(3, `> ${marker()}\nquoted`),
    comment(4, `${marker('shop2')}\nof another suite`),
    { id: 5, body: null, user: null },
  ]
  const before = structuredClone(comments)
  const machine = await prepare(t, { comments })
  const { code, stderr } = await machine.comment()
  assert.equal(code, 0, stderr)
  assert.deepEqual(machine.written(), ['POST /repos/acme/shop/issues/7/comments'])
  assert.deepEqual(comments.slice(0, 5), before)
})

test('the author is the account of the token', async (t) => {
  const viewer = { status: 200, body: JSON.stringify({ data: { viewer: { login: 'acme-pages[bot]' } } }) }
  const refuse = ({ url }) => (url === '/graphql' ? viewer : undefined)
  const comments = [comment(1, `${marker()}\nold`), comment(2, `${marker()}\nold`, 'acme-pages[bot]')]
  const machine = await prepare(t, { comments, refuse })
  await machine.comment()
  assert.deepEqual(machine.written(), ['PATCH /repos/acme/shop/issues/comments/2'])

  // Without GraphQL, it is taken to be that of the job.
  const silent = await prepare(t, {
    comments,
    refuse: ({ url }) => (url === '/graphql' && { status: 403, body: '<html>' }) || undefined,
  })
  await silent.comment()
  assert.deepEqual(silent.written(), ['PATCH /repos/acme/shop/issues/comments/1'])
})

test('two suites have two comments', async (t) => {
  const machine = await prepare(t)
  await machine.comment({ INPUT_COMMENT_KEY: '', INPUT_SUITE: 'a.yaml --> $(touch injected)' })
  await machine.comment({ INPUT_COMMENT_KEY: '', INPUT_SUITE: 'b.yaml' })
  await machine.comment({ INPUT_COMMENT_KEY: '', INPUT_SUITE: 'b.yaml' })
  assert.equal(machine.api.comments.length, 2)
  for (const { body } of machine.api.comments) assert.match(body, /^<!-- stepcast: [0-9a-f]{16} -->\n/)
  assert.deepEqual(machine.left(), [])
})

test('a report that is too long ends whole', async (t) => {
  const report = '## `Shop`: failed\n<details>\n\n' + '```text\nzwölf Boxkämpfer jagen Viktor\n```\n'.repeat(3000)
  const machine = await prepare(t, { report: report + 'LAST\n' })
  const { code, commands } = await machine.comment()
  assert.equal(code, 0)
  assert.deepEqual(commands, [])
  const { body } = machine.api.comments[0]
  assert.ok(body.length > 60_000 && body.length <= 65_536)
  assert.equal(body.match(/^```/gm).length % 2, 0)
  assert.match(
    body,
    /```\n\n<\/details>\n\n_The rest does not fit into a comment\. .*_\n\n<sub>Commit fedcba987654, .*<\/sub>\n$/,
  )
  assert.ok(!body.includes('LAST'))
})

test('with `failures`, a suite that passes gets no new comment, and an old one says that it passes', async (t) => {
  const machine = await prepare(t)
  const variables = { INPUT_COMMENT: 'failures' }
  await machine.comment({ ...variables, INPUT_VERDICT: 'passed' })
  assert.deepEqual(machine.written(), [])
  await machine.comment(variables)
  await machine.comment({ ...variables, INPUT_VERDICT: 'passed' })
  assert.deepEqual(machine.written(), [
    'POST /repos/acme/shop/issues/7/comments',
    'PATCH /repos/acme/shop/issues/comments/1',
  ])
})

test('a token that only reads is no failure', async (t) => {
  for (const status of [401, 403, 404])
    for (const method of ['GET', 'POST']) {
      const refuse = (request) =>
        request.method === method && request.url !== '/graphql'
          ? { status, body: '{"message":"Resource not accessible by integration"}' }
          : undefined
      const machine = await prepare(t, { refuse })
      const { code, commands } = await machine.comment()
      assert.equal(code, 0)
      assert.equal(commands.length, 1)
      assert.equal(commands[0].command, 'notice')
      assert.match(
        commands[0].data,
        new RegExp(`GitHub answered ${status} .*\nhint: add .permissions: { pull-requests: write }.`),
      )
    }
})

test('GitHub that does not work is a warning', async (t) => {
  const answers = [
    { status: 422, body: '{"message":"x\\n::set-output name=a::b"}' },
    { status: 500, body: 'oops' },
    { status: 302, headers: { location: '/x' } },
  ]
  for (const answer of answers) {
    const machine = await prepare(t, {
      refuse: ({ method, url }) => (method === 'POST' && url !== '/graphql' ? answer : undefined),
    })
    const { code, commands } = await machine.comment()
    assert.equal(code, 0)
    assert.deepEqual(
      commands.map(({ command }) => command),
      ['warning'],
    )
    assert.match(commands[0].data, new RegExp(`could not write the comment: GitHub answered ${answer.status}`))
    // A second attempt could write a second comment.
    assert.equal(machine.written().length, 1)
  }
  const machine = await prepare(t, { refuse: () => ({ status: 200, body: '<html>' }) })
  assert.equal((await machine.comment()).code, 0)
  const { code, commands } = await machine.comment({ GITHUB_API_URL: 'http://127.0.0.1:1' })
  assert.equal(code, 0)
  assert.match(commands[0].data, /could not read the comments: .*connect/)
})

test('without a pull request or a token there is no comment', async (t) => {
  const machine = await prepare(t)
  for (const event of [{}, { pull_request: {} }, { pull_request: { number: '7/../8' } }, { issue: { number: 7 } }]) {
    machine.event(event)
    const { code, commands, log } = await machine.comment()
    assert.equal(code, 0)
    assert.deepEqual(commands, [])
    assert.match(log, /not about a pull request/)
  }
  assert.equal((await machine.comment({ GITHUB_EVENT_PATH: '/nowhere' })).code, 0)
  machine.event({ pull_request: { number: 7 } })
  const { code, commands } = await machine.comment({ INPUT_GITHUB_TOKEN: '' })
  assert.equal(code, 0)
  assert.deepEqual(
    commands.map(({ command }) => command),
    ['notice'],
  )
  assert.deepEqual(machine.api.requests, [])
})

test('the token is not on a command line', async (t) => {
  const machine = await prepare(t)
  machine.install('curl', `#!/bin/bash\nprintf '%s\\n' "$@" >>"$RUNNER_TEMP/../curl"\nexec /usr/bin/curl "$@"\n`)
  await machine.comment()
  assert.ok(!readFileSync(join(machine.folder, 'curl'), 'utf8').includes('the token'))
})

test('inputs that make no sense are refused', async (t) => {
  const machine = await prepare(t)
  for (const key of ['a-->b', 'a b', '-->', '.x', 'x\n::add-path::/evil', 'a'.repeat(65), '$(touch injected)']) {
    const { code, commands } = await machine.comment({ INPUT_COMMENT_KEY: key })
    assert.equal(code, 2)
    assert.deepEqual(
      commands.map(({ command }) => command),
      ['error'],
    )
    assert.match(commands[0].data, /`comment-key` is/)
  }
  assert.equal((await machine.comment({ INPUT_COMMENT: 'sometimes' })).code, 2)
  assert.equal((await machine.comment({ INPUT_COMMENT: 'never' })).code, 0)
  assert.deepEqual(machine.written(), [])
  assert.deepEqual(machine.left(), [])
})
