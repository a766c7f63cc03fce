// The shop of the recipes, and the same shop with a mistake on each page. `broken` chooses.
//
// Every recipe's suite passes against the first and fails against the second, and the pages show how.
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'

/** Serves the shop on a free port of loopback. With `tls`, the options of Node's server, it speaks TLS. */
export async function serveShop({ broken = false, tls } = {}) {
  const shop = { broken, visits: new Map(), sessions: new Map() }
  const handler = async (request, response) => {
    const url = new URL(request.url, `http://${request.headers.host}`)
    let body = ''
    for await (const chunk of request) body += chunk
    const page = pages.find(([pattern]) => pattern.test(`${request.method} ${url.pathname}`))
    const found = page?.[1]({ shop, request, url, body, match: page[0].exec(`${request.method} ${url.pathname}`) })
    send(response, found ?? html('Not found', '<h1>Not found</h1>', { status: 404 }))
  }
  const server = tls ? createTlsServer(tls, handler) : createServer(handler)
  // The port is closed at the end of the process, and keeps none open.
  server.unref()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return server.address().port
}

const pages = [
  [/^(?:GET|HEAD) \/$/, () => html('The Paper Lantern', '<h1>The Paper Lantern</h1>')],

  // Sign-in: a form with a token that belongs to a session.
  [
    /^GET \/login$/,
    ({ shop }) => {
      const session = `s${shop.sessions.size + 1}`
      shop.sessions.set(session, `token-${session}`)
      const field = shop.broken ? 'csrf_token' : 'csrf'
      return html(
        'Sign in',
        `<h1>Sign in</h1><form method="post" action="/login">
      <input type="hidden" name="${field}" value="token-${session}">
      <input name="user"><input name="password" type="password"><button>Sign in</button></form>`,
        { headers: { 'set-cookie': `session=${session}; Path=/; HttpOnly; SameSite=Lax` } },
      )
    },
  ],
  [
    /^POST \/login$/,
    ({ shop, request, body }) => {
      const form = new URLSearchParams(body)
      const isKnown =
        shop.sessions.get(sessionOf(request)) === form.get('csrf') && form.get('password') === 'correct horse'
      if (isKnown) shop.sessions.set(sessionOf(request), { user: form.get('user') })
      return redirect(303, isKnown ? '/account' : '/login?failed')
    },
  ],
  [
    /^GET \/account$/,
    ({ shop, request }) => {
      const { user } = shop.sessions.get(sessionOf(request)) ?? {}
      return user ? html('Account', `<h1>Hello, ${user}</h1>`) : redirect(302, '/login')
    },
  ],
  [
    /^POST \/logout$/,
    ({ shop, request }) => {
      shop.sessions.delete(sessionOf(request))
      return redirect(303, '/')
    },
  ],

  // Tables
  [
    /^GET \/prices$/,
    ({ shop }) => {
      const rows = [
        ['L1', 'Round lantern', '12.50', 7],
        ['L2', 'Tall lantern', shop.broken ? '81.00' : '18.00', 0],
        ['L3', 'Star lantern', '21.90', 3],
      ]
      const cells = rows.map(
        (row) => `<tr data-sku="${row[0]}"><td>${row[1]}</td><td class="price">€ ${row[2]}</td><td>${row[3]}</td></tr>`,
      )
      return html(
        'Prices',
        `<h1>Prices</h1><table id="prices"><thead><tr><th>Product</th><th>Price</th><th>In stock</th></tr></thead>
      <tbody>${cells.slice(0, shop.broken ? 2 : 3).join('')}</tbody></table>`,
      )
    },
  ],

  // Feeds
  [
    /^GET \/news\.rss$/,
    ({ shop }) => {
      const newest = shop.broken ? new Date(Date.UTC(2026, 7, 31)) : new Date(Date.now() - 2 * 24 * 3600_000)
      const item = (
        title,
        date,
      ) => `<item><title>${title}</title><link>${shop.broken ? '' : 'https://shop.example/news/1'}</link>
      <guid>${title}</guid><dc:creator>Ann</dc:creator><pubDate>${date.toUTCString()}</pubDate></item>`
      return text(
        'application/rss+xml',
        `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title><link>https://shop.example/</link>
${item('A new lantern', newest)}${item('Open on Sunday', new Date(2026, 0, 5))}</channel></rss>`,
      )
    },
  ],
  [
    /^GET \/changes\.atom$/,
    ({ shop }) =>
      text(
        'application/atom+xml',
        `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Changes</title><id>urn:shop:changes</id><updated>2026-11-20T10:00:00Z</updated>
<entry><title>Star lantern${shop.broken ? '' : '</title>'}<id>urn:shop:1</id><updated>2026-11-20T10:00:00Z</updated></entry></feed>`,
      ),
  ],

  // Redirects
  [/^GET \/old$/, ({ shop }) => redirect(shop.broken ? 302 : 301, shop.broken ? '/older' : '/new')],
  [/^GET \/older$/, () => redirect(301, '/oldest')],
  [/^GET \/oldest$/, () => redirect(301, '/new')],
  [/^GET \/new$/, () => html('New', '<h1>The new page</h1>')],

  // Languages
  [
    /^GET \/(en|de|fr)\/$/,
    ({ shop, match: [, lang] }) => {
      const words = { en: 'Welcome', de: 'Willkommen', fr: 'Bienvenue' }
      const shown = shop.broken && lang === 'fr' ? 'en' : lang
      const others = Object.keys(words)
        .map((other) => `<link rel="alternate" hreflang="${other}" href="/${other}/">`)
        .join('')
      return html('The Paper Lantern', `<h1>${words[shown]}</h1>`, { lang: shown, head: others })
    },
  ],

  // A site of many pages
  [
    /^GET \/sitemap\.xml$/,
    ({ url }) => {
      const places = Array.from({ length: 500 }, (_, index) => `<url><loc>${url.origin}/p/${index + 1}</loc></url>`)
      return text(
        'application/xml',
        `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${places.join('')}</urlset>`,
      )
    },
  ],
  [
    /^GET \/p\/(\d+)$/,
    ({ shop, url, match: [, number] }) => {
      if (shop.broken && number === '137') return undefined
      const canonical = shop.broken && number === '200' ? `${url.origin}/p/2000` : `${url.origin}/p/${number}`
      return html(`Product ${number}`, `<h1>Product ${number}</h1>`, {
        head: `<link rel="canonical" href="${canonical}">`,
      })
    },
  ],

  // JSON
  [
    /^GET \/api\/products$/,
    ({ shop }) =>
      json(200, {
        currency: 'EUR',
        items: [
          { sku: 'L1', name: 'Round lantern', price: shop.broken ? '12.50' : 12.5, tags: ['round'] },
          { sku: 'L2', name: 'Tall lantern', price: 18, tags: ['tall', 'new'] },
        ],
        ...(!shop.broken && { total: 2 }),
      }),
  ],
  [/^GET \/api\/products\/(\w+)$/, () => json(404, { error: 'no such product' })],

  // An export that takes a while: the third question finds it done.
  [/^POST \/api\/exports$/, () => json(202, { id: 'e1' })],
  [
    /^GET \/api\/exports\/(\w+)$/,
    ({ shop, match: [, id] }) => {
      shop.visits.set(id, (shop.visits.get(id) ?? 0) + 1)
      const isDone = !shop.broken && shop.visits.get(id) % 3 === 0
      return json(200, isDone ? { state: 'done', file: '/exports/e1.csv' } : { state: 'running', file: null })
    },
  ],
  [/^GET \/exports\/e1\.csv$/, () => text('text/csv', 'sku,price\nL1,12.50\n')],

  // Only with a token
  [
    /^GET \/api\/me$/,
    ({ shop, request }) => {
      const [, token] = /^Bearer (.*)$/.exec(request.headers.authorization ?? '') ?? []
      if (token !== 'tok-4d3c2b1a') return json(401, { error: 'unauthorized' })
      return json(200, shop.broken ? { name: 'ana', debug: `token ${token}` } : { name: 'ana' })
    },
  ],
]

function sessionOf(request) {
  return /session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
}

function html(title, body, { status = 200, lang = 'en', head = '', headers = {} } = {}) {
  const page = `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><title>${title}</title>${head}</head><body>${body}</body></html>`
  return { ...text('text/html; charset=utf-8', page, headers), status }
}

function json(status, value) {
  return { ...text('application/json', JSON.stringify(value)), status }
}

function redirect(status, location) {
  return { status, headers: { location }, body: '' }
}

function text(kind, body, headers = {}) {
  return { status: 200, headers: { 'content-type': kind, ...headers }, body }
}

function send(response, { status, headers, body }) {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
