import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'

/** What a page or a suite may try to put into a page that shows its results. */
export const HOSTILE = `<img src=x onerror="window.ran = 1"><script>window.ran = 1</script>`

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript' }

async function listening(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.closeAllConnections()
      return new Promise((stopped) => server.close(stopped))
    },
  }
}

/** A site that is tested. A page waits until it is let go, if its address says so. */
export async function startSite() {
  let held = []
  let isHolding = true
  const server = createServer((request, response) => {
    const answer = () => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end(`<title>Shop</title><h1>${HOSTILE.replaceAll('<', '&lt;')}</h1>`)
    }
    if (request.url.startsWith('/held') && isHolding) held.push(answer)
    else answer()
  })
  return {
    ...(await listening(server)),
    hold: () => (isHolding = true),
    letGo: () => {
      isHolding = false
      for (const answer of held) answer()
      held = []
    },
  }
}

/** Serves the folder in which the package is installed, as its users would. `changes` are made to a page on its way. */
export async function startPages(folder) {
  const pages = new Map()
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://a').pathname)
    const file = join(folder, path)
    const type = TYPES[extname(file)] ?? 'application/octet-stream'
    const page = pages.get(path)
    if (path === '/favicon.ico') return response.writeHead(204).end()
    if (page === undefined && !existsSync(file)) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': type, ...page?.headers })
    if (page === undefined) createReadStream(file).pipe(response)
    else response.end(page.text)
  })
  return {
    ...(await listening(server)),
    /** Serves a text under a path. */
    put: (path, text, headers = {}) => pages.set(path, { text, headers }),
    /** The text of an example with some of it replaced; each has to be there. */
    example: (name, changes) =>
      Object.entries(changes).reduce(
        (text, [from, to]) => {
          if (!text.includes(from)) throw new Error(`${name} has no \`${from}\``)
          return text.replace(from, to)
        },
        readFileSync(join(folder, name), 'utf8'),
      ),
  }
}
