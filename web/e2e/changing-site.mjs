import assert from 'node:assert/strict'
import { createServer } from 'node:http'

/** A site of one page whose headline can be changed, and a suite that looks at it. */
export async function startChangingSite() {
  let headline = 'Welcome'
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(`<!doctype html><title>Shop</title><main><h1>${headline}</h1><p>Open daily</p></main>\n`)
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const suite = (text) => `suite: A site that changes
tests:
  - name: Home page
    get: http://127.0.0.1:${address.port}/
    expect:
      - status: 200
      - css: h1
        text: ${text}
`
  return {
    suite: suite('Welcome'),
    editedSuite: suite('Farewell'),
    change: () => (headline = 'Farewell'),
    stop: () => new Promise((stopped) => server.close(stopped)),
  }
}
