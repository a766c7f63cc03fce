// action.yml, the template of GitLab and the README agree with each other, with the scripts and with the program.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, run, runner, scripts, stepcast } from './runner.mjs'
import { github, releases, site } from './servers.mjs'

// The dashboard has a parser of YAML; `npm ci` in web/ installs it.
const { parse } = createRequire(join(root, 'web/package.json'))('yaml')
const text = (path) => readFileSync(join(root, path), 'utf8')
const action = parse(text('action.yml'))
const { steps } = action.runs
const expressions = (value) => [...JSON.stringify(value).matchAll(/\$\{\{(.*?)\}\}/g)].map(([, inside]) => inside)

test('every input is used, and every input that is used exists', () => {
  const used = new Set(
    expressions(steps).flatMap((inside) => [...inside.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name)),
  )
  assert.deepEqual([...used].sort(), Object.keys(action.inputs).sort())
})

test('every output comes from a step, and the scripts set every one of them', () => {
  const script = text('integrations/github/results.sh')
  for (const [name, { value }] of Object.entries(action.outputs)) {
    assert.equal(value, '${{ steps.run.outputs.' + name + ' }}')
    assert.match(script, new RegExp(`output ${name} |"[^"\n]*\\b${name}\\b[^"\n]*" \\| split`), name)
  }
  assert.ok(steps.some(({ id }) => id === 'run'))
  for (const inside of expressions(steps))
    for (const [, name] of inside.matchAll(/steps\.run\.outputs\.(\w+)/g)) assert.ok(name in action.outputs, name)
})

test('no expression is in the text of a script', () => {
  const runs = steps.filter(({ run }) => run)
  assert.equal(runs.length, 3)
  for (const { run, shell } of runs) {
    assert.equal(shell, 'bash')
    assert.ok(!run.includes('${{'), run)
    const [, file] = /^exec (?:ba)?sh "\$GITHUB_ACTION_PATH\/integrations\/github\/([a-z]+\.sh)"$/.exec(run) ?? []
    assert.ok(readdirSync(scripts).includes(file), run)
  }
})

/** A script with those that it reads. */
function whole(name) {
  const script = text(`integrations/github/${name}`)
  return script + [...script.matchAll(/^\. ".*\/([a-z]+\.sh)"$/gm)].map(([, other]) => whole(other)).join('')
}

test('every variable that a script reads is set by its step', () => {
  for (const { run, env } of steps.filter(({ run }) => run)) {
    const script = whole(/([a-z]+\.sh)"$/.exec(run)[1])
    const read = new Set(script.match(/\bINPUT_[A-Z]+(_[A-Z]+)*\b/g))
    const given = Object.keys(env).filter((name) => name.startsWith('INPUT_'))
    assert.deepEqual([...read].sort(), given.sort())
  }
})

test('actions of others are pinned by digest, with their version in a comment', () => {
  const uses = text('action.yml').match(/uses:.*/g)
  assert.equal(uses.length, steps.filter(({ uses }) => uses).length)
  for (const line of uses) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test('what is only shown fails nothing, and runs after a failure', () => {
  const shown = steps.slice(2)
  assert.equal(shown.length, 2)
  for (const step of shown) assert.match(step.if, /^\$\{\{ !cancelled\(\) && /)
  assert.ok(shown[0]['continue-on-error'])
})

test('the version is that of the program', () => {
  const { stdout } = spawnSync(stepcast, ['--version'], { encoding: 'utf8' })
  const version = stdout.trim().replace('stepcast ', '')
  assert.equal(action.inputs.version.default, version)
  const template = parse(text('integrations/gitlab/stepcast.gitlab-ci.yml'))
  assert.equal(template['.stepcast'].variables.STEPCAST_VERSION, version)
  assert.match(text('Cargo.toml'), new RegExp(`^version = "${version}"$`, 'm'))
})

test('the program has the options that the scripts give it', () => {
  const help = (command) => spawnSync(stepcast, [command, '--help'], { encoding: 'utf8' }).stdout
  for (const option of ['--json', '--junit', '--markdown', '--var', '--secret', '--tags'])
    for (const command of ['run', 'check']) assert.ok(help(command).includes(`${option} <`), `${command} ${option}`)
  for (const option of ['--label', '--timeout']) assert.ok(help('run').includes(`${option} <`), option)
})

test('the README lists every input and output, with its default', () => {
  const readme = text('integrations/README.md')
  const rows = (heading) => {
    const section = readme.split(`\n### ${heading}\n`)[1].split('\n#')[0]
    return [...section.matchAll(/^\| `([\w-]+)` \|(.*)\|$/gm)].map(([, name, rest]) => [name, rest])
  }
  assert.deepEqual(
    rows('Inputs').map(([name]) => name),
    Object.keys(action.inputs),
  )
  assert.deepEqual(
    rows('Outputs').map(([name]) => name),
    Object.keys(action.outputs),
  )
  for (const [name, rest] of rows('Inputs')) {
    const fallback = action.inputs[name].default
    if (fallback && !fallback.includes('${{')) assert.ok(rest.includes(`\`${fallback}\``), `${name} ${fallback}`)
  }
})

test('the examples of the README name inputs that exist', () => {
  const blocks = [...text('integrations/README.md').matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => parse(block))
  const used = blocks.flatMap((block) => Object.values(block.jobs ?? {})).flatMap(({ steps }) => steps ?? [])
  const ours = used.filter(({ uses }) => uses?.includes('/stepcast@'))
  assert.ok(ours.length >= 2)
  for (const { with: given } of ours) for (const name of Object.keys(given)) assert.ok(name in action.inputs, name)
})

test('the scripts are valid', () => {
  for (const name of readdirSync(scripts)) {
    const { status, stderr } = spawnSync(name === 'install.sh' ? 'sh' : 'bash', ['-n', join(scripts, name)], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
  }
})

test('the whole action: a release, suites, and a comment', async (t) => {
  const machine = runner(t)
  const base = (await site(t)).url
  const check = (name, text) => ({ name, get: base, expect: [{ css: 'h1', text }] })
  machine.write(
    'shop.yaml',
    JSON.stringify({ suite: 'Shop', tests: [check('Home page', 'Welcome'), check('Cart', 'Cart')] }),
  )
  machine.event({ pull_request: { number: 7, head: { sha: 'abc' } } })
  const release = await releases(t, machine.folder, undefined, `#!/bin/sh\nexec '${stepcast}' "$@"\n`)
  const api = await github(t)
  const variables = {
    STEPCAST_RELEASES: release.url,
    GITHUB_API_URL: api.url,
    GITHUB_GRAPHQL_URL: `${api.url}/graphql`,
  }
  const given = { suite: 'shop.yaml', 'github-token': 'the token', checksum: release.checksum }

  // Evaluates the expressions of `env`, and runs the scripts as the runner does.
  const value = (expression) => {
    const [, context, name] = /^(inputs|steps\.run\.outputs|github)\.([\w-]+)$/.exec(expression)
    if (context === 'inputs') return given[name] ?? action.inputs[name].default
    return (context === 'github' ? { action_repository: '' } : machine.outputs())[name]
  }
  const ended = []
  for (const { run: script, env } of steps.filter(({ run }) => run)) {
    const evaluated = Object.entries(env).map(([name, text]) => [
      name,
      text.replace(/\$\{\{ (.*?) \}\}/g, (_, inside) => value(inside)),
    ])
    const path = `${machine.path()}:${machine.environment.PATH}`
    const environment = {
      ...machine.environment,
      ...variables,
      PATH: path,
      GITHUB_ACTION_PATH: root,
      ...Object.fromEntries(evaluated),
    }
    ended.push(
      await run('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', script], {
        cwd: machine.workspace,
        env: environment,
      }),
    )
  }
  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 1, 0],
    ended.map(({ log }) => log).join('\n'),
  )
  const { commands } = ended[1]
  assert.equal(commands.length, 1)
  assert.match(commands[0].properties, /^file=shop\.yaml,line=1,.*title=Cart$/)
  assert.equal(api.comments.length, 1)
  assert.ok(api.comments[0].body.includes(machine.summary().trim()))
  assert.match(machine.summary(), /`Cart`: failed/)
})
