// Tries the packages in target/packages as users do: each in an empty folder, with an empty environment, without the
// sources and without Rust.

import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')
const PACKAGES = process.env.STEPCAST_PACKAGES ?? join(ROOT, 'target/packages')
const SECRET = ['--secret', 'password=correct horse']
const MINUTE = 60_000

/** What a new account has: no Rust, and nothing of ours. */
const EMPTY = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' }

const folder = mkdtempSync(join(tmpdir(), 'stepcast-packages-'))
let site
let base

before(async () => {
  site = spawn('node', [join(ROOT, 'examples/serve.mjs'), join(ROOT, 'examples/site'), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(site.stdout.setEncoding('utf8'), 'data')
  base = /http:\/\/\S+/.exec(line)[0].replace(/\/$/, '')
})

after(() => {
  site.kill()
  rmSync(folder, { recursive: true, force: true })
})

/** The one package whose name fits. */
function named(pattern) {
  const found = readdirSync(PACKAGES).filter((name) => pattern.test(name))
  assert.equal(found.length, 1, `one package fits ${pattern}: ${found}`)
  return join(PACKAGES, found[0])
}

/** An empty home with a folder to work in. */
function emptyHome(name) {
  const home = join(folder, name)
  mkdirSync(home)
  return { cwd: home, env: { ...EMPTY, HOME: home }, timeout: 5 * MINUTE, maxBuffer: 64 * 1024 * 1024 }
}

/** Runs a program to its end, whatever that is. */
async function run(program, parameters, options) {
  try {
    const { stdout, stderr } = await promisify(execFile)(program, parameters, options)
    return { code: 0, stdout, stderr }
  } catch (error) {
    return { code: error.code, signal: error.signal, stdout: error.stdout, stderr: error.stderr }
  }
}

/** The README's first suite, from the tarball. It finds two mistakes in itself. */
function firstSuite(home) {
  const readme = execFileSync('tar', ['--extract', '--to-stdout', '--wildcards', '--file', named(/\.tar\.gz$/), '*/README.md'])
  const [, suite] = /```yaml\n(suite: First steps[^]*?)```/.exec(readme.toString('utf8'))
  writeFileSync(join(home, 'first.yaml'), suite)
}

/** Runs the README's first suite, and checks that it says what the README says. */
async function runsTheFirstSuite(program, parameters, options) {
  firstSuite(options.cwd)
  const ran = await run(program, [...parameters, 'check', 'first.yaml', '--var', `base=${base}`, ...SECRET], options)
  assert.equal(ran.code, 1, ran.stderr)
  assert.match(ran.stdout, /failed: First steps: 1 passed, 2 failed of 3 tests/)
  assert.match(ran.stdout, /`\.product` \(3\) is elsewhere in the page/)
}

test('the checksums are those of the packages', () => {
  const lines = readFileSync(join(PACKAGES, 'SHA256SUMS'), 'utf8').trim().split('\n')
  const listed = new Map(lines.map((line) => line.split('  ').reverse()))
  const packages = readdirSync(PACKAGES).filter((name) => name !== 'SHA256SUMS')
  assert.deepEqual([...listed.keys()].sort(), packages.sort())
  for (const name of packages) {
    const digest = createHash('sha256').update(readFileSync(join(PACKAGES, name))).digest('hex')
    assert.equal(listed.get(name), digest, name)
  }
})

test('the wheel installs the command and the module within a minute', { timeout: 3 * MINUTE }, async () => {
  const options = emptyHome('wheel')
  const started = Date.now()
  execFileSync('python3', ['-m', 'venv', 'environment'], options)
  execFileSync('environment/bin/pip', ['install', '--quiet', '--no-index', named(/\.whl$/)], options)
  await runsTheFirstSuite('environment/bin/stepcast', [], options)
  assert.ok(Date.now() - started < MINUTE, `${Date.now() - started} ms`)
  await runsTheFirstSuite('environment/bin/python', ['-m', 'stepcast'], options)

  writeFileSync(
    join(options.cwd, 'program.py'),
    `import asyncio, sys, stepcast

async def main():
    ended = {}
    run = stepcast.check("first.yaml", variables={"base": sys.argv[1]}, secrets={"password": "correct horse"})
    async with run:
        async for event in run:
            if event["type"] == "test.finished":
                ended[event["name"]] = event["outcome"]
    print(sorted(ended.items()), run.verdict, run.exit_code, run.passed)
    try:
        async for event in stepcast.check("missing.yaml"):
            pass
    except stepcast.StepcastError as error:
        print(error.exit_code, "missing.yaml" in str(error))
    try:
        async for event in stepcast.run("first.yaml", url="ws://127.0.0.1:9/ws", token="t", secrets={"password": "x"}):
            pass
    except stepcast.StepcastError as error:
        print(error.exit_code, "cannot be reached" in str(error))

asyncio.run(main())
`,
  )
  const ran = await run('environment/bin/python', ['program.py', base], options)
  assert.equal(ran.code, 0, ran.stderr)
  assert.deepEqual(ran.stdout.trim().split('\n'), [
    "[('Home page', 'failed'), ('Prices', 'failed'), ('Sign in', 'passed')] failed 1 False",
    '2 True',
    '3 True',
  ])
})

test('npx runs the npm package within a minute', { timeout: 3 * MINUTE }, async () => {
  const options = emptyHome('npm')
  const started = Date.now()
  npmInstall(options)
  await runsTheFirstSuite('npx', ['stepcast'], options)
  assert.ok(Date.now() - started < MINUTE, `${Date.now() - started} ms`)
})

function npmInstall(options, ...more) {
  const packages = [named(/^stepcast-\d.*\.tgz$/), named(/^stepcast-linux-.*\.tgz$/)]
  execFileSync('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', ...more, ...packages], options)
}

test('the npm package ends as the program ends, also if a signal ends it', { timeout: MINUTE }, async () => {
  const options = emptyHome('signals')
  npmInstall(options)
  const held = join(options.cwd, 'held.yaml')
  const silent = createServer((socket) => socket.on('error', () => {}))
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const address = `http://127.0.0.1:${silent.address().port}/`
  writeFileSync(held, `suite: Held\ntests: [{ name: t, get: "${address}", timeout: 50s, expect: [{ status: 200 }] }]\n`)
  const shim = join(options.cwd, 'node_modules/.bin/stepcast')
  const exits = []
  for (const [signal, ofProgram] of [['SIGTERM', false], ['SIGKILL', true], ['SIGINT', false]]) {
    const asked = once(silent, 'connection')
    const child = spawn(shim, ['check', held], { ...options, timeout: undefined, stdio: 'ignore' })
    await asked
    if (ofProgram) {
      const programs = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
      process.kill(Number(programs[0]), signal)
    } else {
      child.kill(signal)
    }
    const [code] = await once(child, 'exit')
    exits.push([signal, code])
  }
  silent.close()
  // The command itself ends a run when it is interrupted.
  assert.deepEqual(exits, [['SIGTERM', 143], ['SIGKILL', 137], ['SIGINT', 130]])
})

test('without the package of its platform, the npm package says so and is not green', async () => {
  const options = emptyHome('alone')
  execFileSync('npm', ['install', '--silent', '--offline', '--omit=optional', named(/^stepcast-\d.*\.tgz$/)], options)
  const ran = await run('npx', ['stepcast', '--version'], options)
  assert.equal(ran.code, 3)
  assert.match(ran.stderr, /error: the package `@stepcast\/linux-(x64|arm64)` with the program is not installed\n\nhint: /)
})

test('the tarball has the program, completions and the manual', { timeout: MINUTE }, async () => {
  const options = emptyHome('tarball')
  execFileSync('tar', ['--extract', '--strip-components=1', '--file', named(/\.tar\.gz$/)], options)
  await runsTheFirstSuite('./stepcast', [], options)
  for (const file of ['completions/stepcast.bash', 'completions/_stepcast', 'completions/stepcast.fish', 'manual/stepcast-run.1', 'LICENSE-MIT', 'CHANGELOG.md']) {
    assert.ok(statSync(join(options.cwd, file)).size > 0, file)
  }
  const completed = await run('bash', ['-c', 'source completions/stepcast.bash; COMP_WORDS=(stepcast ch); COMP_CWORD=1; _stepcast stepcast ch stepcast; echo "${COMPREPLY[@]}"'], options)
  assert.equal(completed.stdout.trim(), 'check')
})

test('the program needs no newer glibc than 2.17, and nothing else of the system', async () => {
  const options = emptyHome('glibc')
  execFileSync('tar', ['--extract', '--strip-components=1', '--file', named(/\.tar\.gz$/)], options)
  const symbols = execFileSync('objdump', ['-T', 'stepcast'], options).toString('utf8')
  const versions = [...symbols.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => Number(major) * 1000 + Number(minor))
  assert.ok(Math.max(...versions) <= 2017, `${Math.max(...versions)}`)
  const needed = [...execFileSync('objdump', ['-p', 'stepcast'], options).toString('utf8').matchAll(/NEEDED\s+(\S+)/g)]
  const known = /^(libc|libm|libdl|libpthread|librt|libgcc_s|ld-linux-x86-64|ld-linux-aarch64)\.so/
  assert.deepEqual(needed.map(([, library]) => library).filter((library) => !known.test(library)), [])
})

test('the Debian package has the command, and a service that may do little', { timeout: MINUTE }, async () => {
  const options = emptyHome('debian')
  const deb = named(/\.deb$/)
  execFileSync('dpkg-deb', ['--extract', deb, 'root'], options)
  await runsTheFirstSuite('root/usr/bin/stepcast', [], options)
  const root = join(options.cwd, 'root')
  assert.equal(statSync(join(root, 'etc/default/stepcast')).mode & 0o777, 0o600)
  assert.ok(existsSync(join(root, 'usr/share/man/man1/stepcast-up.1.gz')))

  const unit = 'root/lib/systemd/system/stepcast.service'
  const path = existsSync(join(options.cwd, unit)) ? unit : 'root/usr/lib/systemd/system/stepcast.service'
  const text = readFileSync(join(options.cwd, path), 'utf8')
  assert.match(text, /^ExecStart=\/usr\/bin\/stepcast up /m)
  // Of 10; services that may do everything have 9.6.
  const judged = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', '--no-pager', path], options)
  assert.match(judged.toString('utf8'), /Overall exposure level for stepcast.service: [01]\.\d/)

  const control = execFileSync('dpkg-deb', ['--field', deb], options).toString('utf8')
  assert.match(control, /^Depends: .*libc6 \(>= 2\.17\)/m)
  const scripts = join(options.cwd, 'control')
  execFileSync('dpkg-deb', ['--control', deb, scripts], options)
  const installs = existsSync(join(scripts, 'postinst')) ? readFileSync(join(scripts, 'postinst'), 'utf8') : ''
  assert.doesNotMatch(installs, /deb-systemd-invoke start|deb-systemd-invoke \$_dh_action/, 'it starts nothing')
})

test('the image has all that the program needs', { timeout: MINUTE }, async () => {
  const options = emptyHome('image')
  const lines = readFileSync(join(ROOT, 'packaging/docker/Dockerfile'), 'utf8').split('\n')
  const instruction = (name) => lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
  assert.deepEqual(instruction('COPY'), ['--chmod=0755 ${PROGRAM} /usr/bin/stepcast'])
  const [entry, command] = [JSON.parse(instruction('ENTRYPOINT')[0]), JSON.parse(instruction('CMD')[0])]
  assert.deepEqual(entry, ['/usr/bin/stepcast'])

  // There is no engine for containers here, so the same files in another root: the program, the libraries of glibc, and the
  // certificates of the public authorities.
  const root = join(options.cwd, 'root')
  mkdirSync(join(root, 'usr/bin'), { recursive: true })
  mkdirSync(join(root, 'data'))
  execFileSync('tar', ['--extract', '--strip-components=1', '--file', named(/\.tar\.gz$/)], options)
  cpSync(join(options.cwd, 'stepcast'), join(root, 'usr/bin/stepcast'))
  const libraries = execFileSync('ldd', ['stepcast'], options).toString('utf8')
  for (const [library] of libraries.matchAll(/\/\S+/g)) {
    mkdirSync(dirname(join(root, library)), { recursive: true })
    cpSync(library, join(root, library), { dereference: true })
  }
  const inside = ['--map-root-user', '--net', '/usr/sbin/chroot', root, ...entry]
  const authorities = 'etc/ssl/certs/ca-certificates.crt'
  mkdirSync(dirname(join(root, authorities)), { recursive: true })
  cpSync(`/${authorities}`, join(root, authorities), { dereference: true })
  const version = await run('unshare', [...inside, '--version'], options)
  assert.match(version.stdout, /^stepcast \d/, version.stderr)
  // `0.0.0.0` in a network of its own reaches nobody.
  const up = spawn('unshare', [...inside, ...command, '--public-url', 'http://127.0.0.1:8787', '--json'], { ...options, timeout: undefined })
  const [ready] = await once(up.stdout.setEncoding('utf8'), 'data')
  assert.equal(JSON.parse(ready).ready, true)
  up.kill('SIGTERM')
  assert.deepEqual(await once(up, 'exit'), [0, null])
  assert.ok(existsSync(join(root, 'data/table.sqlite')))
})

test('the bills of materials name what is inside', () => {
  const read = (pattern) => JSON.parse(readFileSync(named(pattern), 'utf8'))
  const program = read(/^stepcast-\d.*\.cdx\.json$/)
  assert.equal(program.bomFormat, 'CycloneDX')
  const crates = new Set(program.components.map(({ name }) => name))
  for (const crate of ['tokio', 'reqwest', 'aws-sdk-dynamodb', 'scraper']) assert.ok(crates.has(crate), crate)
  const dashboard = read(/^stepcast-dashboard-.*\.cdx\.json$/)
  assert.ok(dashboard.components.some(({ name }) => name === 'vue'))
})

test('all packages have the same version and the same program', async () => {
  const options = emptyHome('same')
  const digestOf = (program) => createHash('sha256').update(readFileSync(program)).digest('hex')
  execFileSync('tar', ['--extract', '--strip-components=1', '--file', named(/\.tar\.gz$/)], options)
  execFileSync('dpkg-deb', ['--extract', named(/\.deb$/), 'deb'], options)
  execFileSync('python3', ['-m', 'zipfile', '--extract', named(/\.whl$/), 'wheel'], options)
  execFileSync('tar', ['--extract', '--file', named(/^stepcast-linux-.*\.tgz$/)], options)
  for (const licence of ['LICENSE-APACHE', 'LICENSE-MIT']) {
    const [information] = readdirSync(join(options.cwd, 'wheel')).filter((name) => name.endsWith('.dist-info'))
    assert.ok(existsSync(join(options.cwd, 'wheel', information, 'licenses', licence)), licence)
  }
  const [inWheel] = readdirSync(join(options.cwd, 'wheel')).filter((name) => name.endsWith('.data'))
  const programs = ['stepcast', 'deb/usr/bin/stepcast', `wheel/${inWheel}/scripts/stepcast`, 'package/bin/stepcast']
  assert.equal(new Set(programs.map((program) => digestOf(join(options.cwd, program)))).size, 1)
  const version = (await run('./stepcast', ['--version'], options)).stdout.trim().split(' ')[1]
  for (const name of readdirSync(PACKAGES)) if (name !== 'SHA256SUMS') assert.ok(name.includes(version), name)
})
