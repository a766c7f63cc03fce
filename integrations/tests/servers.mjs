// Made-up servers on loopback: a site to test, releases, GitHub's API, and what gives out identity tokens.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { stepcast } from './runner.mjs'

/** Starts a server; `answer(request, body)` gives `{ status, headers, body }`. It keeps the requests. */
export async function serve(t, answer) {
  const requests = []
  const server = createServer(async (request, response) => {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    requests.push({ method: request.method, url: request.url, headers: request.headers, body })
    const { status = 200, headers = {}, body: text = '' } = (await answer(request, body)) ?? { status: 404 }
    response.writeHead(status, headers)
    response.end(text)
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => (server.closeAllConnections(), server.close()))
  return { url: `http://127.0.0.1:${server.address().port}`, requests }
}

const json = (value, status = 200) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
})

/** A site: `/` is a page, `/slow` takes two seconds and calls `asked` first. */
export async function site(t, page = '<h1>Welcome</h1>') {
  const server = await serve(t, async (request) => {
    if (request.url === '/slow') {
      server.asked?.()
      await new Promise((done) => setTimeout(done, 2000).unref())
    }
    return { headers: { 'content-type': 'text/html' }, body: page }
  })
  return server
}

export const ARCHIVE = 'stepcast-0.1.0-x86_64-unknown-linux-gnu.tar.gz'

/** Releases with one archive. `change` edits the files: name to bytes. */
export async function releases(t, folder, change = () => {}, program = '#!/bin/sh\necho stepcast 0.1.0\n') {
  const content = join(folder, 'release', ARCHIVE.replace('.tar.gz', ''))
  mkdirSync(content, { recursive: true })
  writeFileSync(join(content, 'stepcast'), program, { mode: 0o755 })
  const archive = join(folder, 'release', ARCHIVE)
  spawnSync('tar', ['-czf', archive, '-C', join(folder, 'release'), ARCHIVE.replace('.tar.gz', '')])
  const bytes = readFileSync(archive)
  const checksum = createHash('sha256').update(bytes).digest('hex')
  const files = { [ARCHIVE]: bytes, SHA256SUMS: `${'0'.repeat(64)}  another.tar.gz\n${checksum}  ${ARCHIVE}\n` }
  change(files)
  const server = await serve(t, (request) => {
    const name = request.url.replace('/v0.1.0/', '')
    if (name in files) return files[name].status ? files[name] : { body: files[name] }
  })
  return { ...server, checksum }
}

/** GitHub's API for the comments of pull request 7 of acme/shop, by the account of a job's own token. */
export async function github(t, comments = [], refuse = () => undefined) {
  const server = await serve(t, (request, body) => {
    const refused = refuse(request)
    if (refused) return refused
    const url = new URL(request.url, 'http://x')
    const path = url.pathname.replace('/repos/acme/shop/issues', '')
    if (path === '/graphql') return json({ data: { viewer: { login: 'github-actions[bot]' } } })
    if (path === '/7/comments' && request.method === 'GET') {
      const [size, page] = [url.searchParams.get('per_page') ?? 30, url.searchParams.get('page') ?? 1].map(Number)
      return json(comments.slice((page - 1) * size, page * size))
    }
    const text = JSON.parse(body).body
    // GitHub counts characters.
    if ([...text].length > 65536) return json({ message: 'body is too long (maximum is 65536 characters)' }, 422)
    if (path === '/7/comments') {
      comments.push(comment(comments.length + 1, text))
      return json(comments.at(-1), 201)
    }
    const found = comments.find(({ id }) => path === `/comments/${id}`)
    if (!found) return json({ message: 'Not Found' }, 404)
    found.body = text
    return json(found)
  })
  return { ...server, comments }
}

export const comment = (id, body, login = 'github-actions[bot]') => ({ id, body, user: { login } })

/** What gives identity tokens to jobs that know `secret`. */
export const identities = (t, token, secret = 'request token') =>
  serve(t, (request) => {
    if (request.headers.authorization !== `bearer ${secret}`) return json({ message: 'no' }, 401)
    return json({ count: 1, value: token })
  })

/** A Stepcast server. Gives `{ ws, http, token }`. */
export function up(t, folder) {
  return new Promise((done, fail) => {
    const options = ['up', '--json', '--port', '0', '--data-dir', join(folder, 'data'), '--allow-private-targets']
    const child = spawn(stepcast, options, { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = new Promise((end) => child.on('close', end))
    t.after(() => (child.kill(), ended))
    child.on('error', fail)
    child.on('close', (code) => fail(new Error(`stepcast up ended with ${code}`)))
    child.stdout.on('data', (bytes) => done(JSON.parse(bytes)))
  })
}
