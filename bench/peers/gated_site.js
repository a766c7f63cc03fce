// gated_site.js PORT: a site that holds its pages until its gate opens, and notes when it answered each.
//
//   /page?n=TEST&s=STEP          a page of 2 KB that contains TEST
//   /gate/close                  from now on, pages wait
//   /gate/open?delay=D&pace=P    they are answered D ms after they were asked for; or, if P is not 0, one every P ms
//   /gate/held                   how many wait
//   /answers                     [[test, step, nanoseconds of the monotonic clock], ...] since the last call
import { createServer } from 'node:http'

const text = 'Kettles of copper boil quietly and keep a litre warm. '.repeat(6)
const products = Array.from(
  { length: 5 },
  (_, number) => `<li class="product"><h2>Kettle ${number}</h2><p>${text}</p></li>`,
)
const page = (number) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Kettles</title></head>
<body><h1>Welcome</h1><p id="number">${number}</p><ul>${products.join('')}</ul></body></html>
`
let isOpen = false
let delay = 0
let pacemaker
let held = []
let answers = []

const answerFirst = () => held.shift()?.()
const answerAll = () => {
  for (const answer of held.splice(0)) setTimeout(answer, delay)
}

const json = (response, value) => response.setHeader('content-type', 'application/json').end(JSON.stringify(value))

const paths = {
  '/page': (response, query) => {
    const [test, step] = [Number(query.get('n')), Number(query.get('s') ?? 0)]
    const body = page(test)
    const answer = () => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(body) })
      answers.push([test, step, String(process.hrtime.bigint())])
      response.end(body)
    }
    held.push(answer)
    // Whoever asked is gone, and gets no answer.
    response.on('close', () => {
      if (!response.writableEnded) held = held.filter((other) => other !== answer)
    })
    if (isOpen && !pacemaker) answerAll()
  },
  '/gate/close': (response) => {
    clearInterval(pacemaker)
    pacemaker = undefined
    isOpen = false
    json(response, true)
  },
  '/gate/open': (response, query) => {
    isOpen = true
    delay = Number(query.get('delay'))
    const pace = Number(query.get('pace'))
    if (pace) pacemaker = setInterval(answerFirst, pace)
    else answerAll()
    json(response, true)
  },
  '/gate/held': (response) => json(response, held.length),
  '/answers': (response) => json(response, answers.splice(0)),
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://site')
  if (paths[pathname]) paths[pathname](response, searchParams)
  else response.writeHead(404).end()
})
server.keepAliveTimeout = 300_000
server.listen(Number(process.argv[2]), '127.0.0.1', 4096, () => console.log('ready'))
