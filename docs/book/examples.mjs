// examples.mjs [PAGE]...: tries what the guide shows, with the program in STEPCAST.
//
// In the pages of docs/guide, the words behind the language of a block say what becomes of it:
//
//   suite        it is a suite; `stepcast lint` has nothing to say about it
//   file=NAME    it is saved under this name, for the commands further down
//   run          the commands behind `$` are run, and print what stands there
//   broken       the same, against the shop with mistakes
//
// Each page has a folder of its own. The addresses in `hosts` stand for servers on this machine. The order of lines, and
// durations, ids and ports may differ; a line `...` stands for any lines. With STEPCAST_WRITE_GOLDEN=1, blocks that
// differ are written anew: read the difference before you commit it.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeCertificates } from './certificates.mjs'
import { serveShop } from './shop.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const stepcast = resolve(root, process.env.STEPCAST ?? 'target/debug/stepcast')
const work = mkdtempSync(join(tmpdir(), 'stepcast-guide-'))
const children = []
process.on('exit', () => {
  for (const child of children) child.kill()
  rmSync(work, { recursive: true, force: true })
})

for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) process.on(signal, () => process.exit(code))

const hosts = await startShops()
const pages = process.argv.slice(2).length ? process.argv.slice(2) : pagesOf('docs/guide')
const problems = []
let tried = 0
for (const page of pages) await tryPage(page)
for (const problem of problems) console.error(problem)
console.log(`${tried} blocks of ${pages.length} pages tried, ${problems.length} with problems`)
process.exit(problems.length ? 1 : 0)

async function startShops() {
  mkdirSync(join(work, 'certificates'))
  mkdirSync(join(work, 'bin'))
  symlinkSync(stepcast, join(work, 'bin/stepcast'))
  const { good, soon, partners } = makeCertificates(join(work, 'certificates'))
  // From the next second on, a certificate of seven days has six whole ones left.
  await new Promise((done) => setTimeout(done, 1100))
  const at = async (name, options) => [
    name,
    `${options.tls ? 'https://localhost' : 'http://127.0.0.1'}:${await serveShop(options)}`,
  ]
  const partner = await at('https://partners.shop.example', { tls: partners })
  return {
    run: new Map([
      await at('https://shop.example', {}),
      await at('https://staging.shop.example', { tls: good }),
      partner,
    ]),
    broken: new Map([
      await at('https://shop.example', { broken: true }),
      await at('https://staging.shop.example', { tls: soon }),
      partner,
    ]),
  }
}

async function tryPage(page) {
  const folder = join(work, page.replaceAll('/', '-'))
  mkdirSync(join(folder, 'site'), { recursive: true })
  for (const name of ['staging-ca.pem', 'client.pem', 'client.key.pem'])
    symlinkSync(join(work, 'certificates', name), join(folder, name))
  const blocks = blocksOf(readFileSync(join(root, page), 'utf8'))
  const servers = await startServers(blocks, folder)
  const files = new Map()
  for (const block of blocks) {
    const problem = await tryBlock(block, { page, folder, files, servers })
    if (problem) problems.push(`${page}:${block.line}: ${problem}\n`)
  }
}

/** What a page needs beside the shops: a server for its own files, and one of Stepcast. */
async function startServers(blocks, folder) {
  const servers = new Map()
  const commands = blocks.map((block) => (block.words.includes('run') ? block.text : '')).join('')
  if (blocks.some((block) => block.file?.startsWith('site/'))) {
    const site = start(
      process.execPath,
      [join(root, 'examples/serve.mjs'), join(folder, 'site'), '--port', '0'],
      folder,
    )
    servers.set('http://127.0.0.1:8080', (await site).trim())
  }
  if (/stepcast (?:run|suites|jobs|history)/.test(commands)) {
    await start(stepcast, ['up', '--json', '--port', '0', '--allow-private-targets'], folder)
  }
  return servers
}

async function tryBlock(block, { page, folder, files, servers }) {
  if (block.file) files.set(block.file, { text: block.text })
  if (block.words.includes('suite')) return lint(block, folder)
  const kind = block.words.find((word) => word in hosts)
  if (!kind) return undefined
  tried += 1
  const places = new Map([...hosts[kind], ...servers])
  for (const [name, file] of files) saveChanged(folder, name, file, replaceAll(file.text, places))
  const commands = block.text.match(/(?<=^\$ )(?:.*\\\n)*.*/gm)
  const script = commands.map((command) => `printf '\\x1e'\n${replaceAll(command, places)}`).join('\n')
  const [, ...outputs] = replaceAll((await run(script, folder)).output, inverted(places)).split('\x1e')
  const problem = difference(block.text.replaceAll(/^\$ (?:.*\\\n)*.*\n?/gm, ''), outputs.join(''))
  if (!problem || !process.env.STEPCAST_WRITE_GOLDEN) return problem
  return rewrite(page, block, commands.map((command, index) => `$ ${command}\n${outputs[index]}`).join(''))
}

function rewrite(page, block, text) {
  const head = `\`\`\`${block.words.join(' ')}\n`
  const written = readFileSync(join(root, page), 'utf8').replace(head + block.text, () => head + text)
  writeFileSync(join(root, page), written)
  return 'written anew'
}

async function lint(block, folder) {
  tried += 1
  save(folder, 'linted.yaml', block.text)
  const { code, output } = await run('stepcast lint linted.yaml', folder)
  // Values that come with the run are not known yet.
  const warnings = [...output.matchAll(/warning: (.*)/g)].filter(([, text]) => !text.endsWith('has no value'))
  return code === 0 && warnings.length === 0 ? undefined : output
}

/** Compares the lines, wherever they are: tests end in another order each time. */
function difference(shown, output) {
  const expected = linesOf(shown)
  const left = linesOf(output)
  const notPrinted = []
  for (const line of expected) {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    else if (line !== '...') notPrinted.push(line)
  }
  const notShown = expected.includes('...') ? [] : left
  if (!notPrinted.length && !notShown.length) return undefined
  return `the page shows what is not printed:\n${notPrinted.join('\n')}\nand what is printed is not shown:\n${notShown.join('\n')}\nall of it:\n${output}`
}

function linesOf(text) {
  const folded = text
    .replaceAll(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/\b(?:[0-9a-f]{32}|[0-9a-f]{16})\b/g, 'ID')
    .replaceAll(/ *\b\d+(?:\.\d+)?(?:ms|s|m|h)\b/g, ' TIME')
    .replaceAll('just now', 'TIME ago')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'ADDRESS')
  return folded
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
}

/** The fenced blocks of a page, with the words behind their language. */
function blocksOf(text) {
  const blocks = []
  for (const { index, groups } of text.matchAll(/^(?<indent> *)```(?<info>.*)\n(?<text>[^]*?)^\k<indent>```$/gm)) {
    const words = groups.info.split(' ')
    const file = words.find((word) => word.startsWith('file='))?.slice('file='.length)
    const line = text.slice(0, index).split('\n').length
    blocks.push({ words, file, line, text: groups.text.replaceAll(new RegExp(`^${groups.indent}`, 'gm'), '') })
  }
  return blocks
}

/** Longer names first, so that none is replaced as a part of another. */
function replaceAll(text, places) {
  const names = [...places.keys()].sort((a, b) => b.length - a.length)
  return names.reduce((replaced, name) => replaced.replaceAll(name, places.get(name)), text)
}

/** Errors of connections name a host with its port. */
function inverted(places) {
  const inverse = new Map()
  for (const [name, place] of places) {
    const { protocol, host, port } = new URL(name)
    inverse.set(place, name)
    inverse.set(new URL(place).host, port ? host : `${host}:${protocol === 'https:' ? 443 : 80}`)
  }
  return inverse
}

/** A command of the page may have changed the file since. */
function saveChanged(folder, name, file, text) {
  if (file.saved === text) return
  save(folder, name, text)
  file.saved = text
}

function save(folder, name, text) {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

function run(command, folder) {
  const environment = { PATH: `${join(work, 'bin')}:${process.env.PATH}`, HOME: folder, LANG: 'C.UTF-8' }
  return new Promise((done) => {
    const child = spawn('bash', ['-c', `exec 2>&1\n${command}`], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.on('close', (code) => done({ code, output }))
  })
}

/** Starts a server, and waits for its first line. */
function start(program, words, folder) {
  const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(child)
  return new Promise((done, fail) => {
    child.stdout.once('data', (chunk) => done(String(chunk)))
    child.once('exit', () => fail(new Error(`${program} ended`)))
  })
}

function pagesOf(folder) {
  const names = readdirSync(join(root, folder), { recursive: true })
  return names
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => join(folder, name))
}
