// Serves a folder on loopback for the example suites, with a sitemap of its pages and a small sign-in.
//
//   node examples/serve.mjs examples/site --port 8080
//
// It needs only Node. `--delay 200` makes every answer take that many milliseconds longer.
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: 'string', default: '8080' }, delay: { type: 'string', default: '0' } },
})
const root = resolve(positionals[0] ?? 'examples/site')
const kinds = {
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.css': 'text/css',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
}

const server = createServer(async (request, response) => {
  await new Promise((done) => setTimeout(done, Number(values.delay)))
  const url = new URL(request.url, `http://${request.headers.host}`)
  try {
    if (url.pathname === '/sitemap.xml') return send(response, 200, 'application/xml', await sitemap(url.origin))
    if (url.pathname === '/login' && request.method === 'POST') return await signIn(request, response)
    if (url.pathname === '/account') return account(request, response)
    await sendFile(response, decodeURIComponent(url.pathname))
  } catch (error) {
    send(response, 500, 'text/plain', `${error.message}\n`)
  }
})

server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})

async function sendFile(response, path) {
  let file = normalize(join(root, path))
  if (!file.startsWith(root)) return send(response, 404, 'text/plain', 'Not found\n')
  const found = await stat(file).catch(() => undefined)
  if (found?.isDirectory()) file = join(file, 'index.html')
  const size = (await stat(file).catch(() => undefined))?.size
  if (size === undefined) return send(response, 404, 'text/plain', 'Not found\n')
  response.writeHead(200, { 'content-type': kinds[extname(file)] ?? 'application/octet-stream', 'content-length': size })
  createReadStream(file).pipe(response)
}

/** https://www.sitemaps.org/protocol.html */
async function sitemap(origin) {
  const files = await readdir(root, { recursive: true })
  const pages = files.filter((file) => file.endsWith('.html')).sort()
  const urls = pages.map((page) => `  <url><loc>${origin}/${encodeURI(page).replaceAll('&', '&amp;')}</loc></url>`)
  return `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${urls.join('\n')}
</urlset>
`
}

/** Accepts everyone who sends the token of the form and the password of the example. */
async function signIn(request, response) {
  let body = ''
  for await (const chunk of request) body += chunk
  const form = new URLSearchParams(body)
  const known = form.get('csrf') === 'example-token' && form.get('password') === 'correct horse'
  response.writeHead(303, known ? { location: '/account', 'set-cookie': `user=${encodeURIComponent(form.get('user'))}` } : { location: '/login.html?failed' })
  response.end()
}

function account(request, response) {
  const user = /user=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  if (!user) return send(response, 401, 'text/html; charset=utf-8', '<h1>Please sign in</h1>')
  const name = decodeURIComponent(user).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  send(response, 200, 'text/html; charset=utf-8', `<!doctype html><title>Account</title><h1>Hello, ${name}</h1>`)
}

function send(response, status, kind, body) {
  response.writeHead(status, { 'content-type': kind, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
