import { readFileSync } from 'node:fs'
import { isIPv4, isIPv6 } from 'node:net'
import { fileURLToPath } from 'node:url'
import Ajv from 'ajv'
import draft6 from 'ajv/dist/refs/json-schema-draft-06.json'
import { describe, expect, it } from 'vitest'
import type { Exchange } from 'stepcast-client'
import type { AttemptEvidence } from 'stepcast-client/dashboard'
import { bytesOf, exchangeOf } from 'stepcast-client/testing'
import { version as own } from '../../package.json'
import { Archive } from './har'
import { entryOf } from './har-entry'

const SCHEMA = fileURLToPath(new URL('../../../tests/fixtures/har/har.schema.json', import.meta.url))
const ajv = new Ajv({ strict: false })
ajv.addMetaSchema(draft6)
ajv.addFormat('ipv4', isIPv4)
ajv.addFormat('ipv6', isIPv6)
ajv.addFormat('uri', URL.canParse)
ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)))
const isHar = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object)

const LATIN1 = new Uint8Array([0x4b, 0xe4, 0x73, 0x65])
const NOTHING = new Map<string, Uint8Array<ArrayBuffer>>()

/** A redirect, a form with its answer, and a request without one. */
const exchanges: Exchange[] = [
  exchangeOf({
    answer: {
      status: 302,
      version: 'HTTP/1.1',
      headers: [
        { name: 'Location', value: '/account' },
        { name: 'Set-Cookie', value: ' session=a=b; Path=/; HttpOnly' },
        { name: 'set-cookie', value: 'no-cookie' },
      ],
    },
  }),
  exchangeOf({
    request: {
      method: 'POST',
      url: 'https://shop.example/login?lang=de&q=a+b&q=%C3%A4',
      headers: [
        { name: 'content-type', value: 'application/x-www-form-urlencoded' },
        { name: 'cookie', value: 'session=a=b; lang=de' },
      ],
      body: { bytes: 6, sha256: 'form' },
    },
    answer: {
      status: 200,
      version: 'HTTP/2.0',
      headers: [{ name: 'content-type', value: 'text/html; charset=iso-8859-1' }],
      body: { bytes: 9, sha256: 'page', left_out: 'only its first 4 bytes are kept' },
      certificate: 'cert',
    },
    remote: '[2001:db8::1]:443',
    times: { waiting_us: 1500, name_us: 250, connect_us: 1000, answer_us: 14_700, body_us: 19 },
  }),
  (({ answer, remote, ...rest }: Exchange): Exchange => ({
    ...rest,
    failure: { kind: 'connect', message: 'nothing listens on port 9', is_permanent: false },
    times: { waiting_us: 0, answer_us: 0, body_us: 0 },
  }))(exchangeOf()),
]

const contents = new Map([
  ['form', bytesOf('user=ä')],
  ['page', LATIN1],
  ['cert', new Uint8Array([0, 255])],
])

const kept: AttemptEvidence = {
  steps: [
    { step: 0, name: '', exchanges: exchanges.slice(0, 1) },
    { step: 1, name: 'Send it', exchanges: exchanges.slice(1) },
  ],
  differences: [],
  contents,
  isCut: false,
}

const attempt = { title: 'Sign in', attempt: 1, stepNames: new Map([[0, 'Open it']]) }

interface Har {
  log: {
    version: string
    creator: object
    pages: { id: string; title: string; startedDateTime: string }[]
    entries: (ReturnType<typeof entryOf> & { pageref: string })[]
  }
}

const written = (archive: Archive) => JSON.parse(archive.pieces().join('')) as Har

function valid(archive: Archive): Har['log'] {
  const har = written(archive)
  expect(isHar(har), JSON.stringify(isHar.errors)).toBe(true)
  return har.log
}

describe('an HTTP archive', () => {
  it('is valid, and has a page for each attempt', () => {
    const archive = new Archive()
    archive.add(attempt, kept)
    archive.add({ ...attempt, title: 'Sign in (attempt 2)', attempt: 2 }, kept)
    const { version, creator, pages, entries } = valid(archive)
    expect({ version, creator }).toEqual({ version: '1.2', creator: { name: 'Stepcast', version: own } })
    expect(pages.map(({ id, title }) => [id, title])).toEqual([
      ['page_0', 'Sign in'],
      ['page_1', 'Sign in (attempt 2)'],
    ])
    expect(pages[0]?.startedDateTime).toBe(exchanges[0]?.at)
    expect(entries.map(({ pageref, comment, _stepcast }) => [pageref, comment, _stepcast.attempt])).toEqual([
      ['page_0', 'Open it', 1],
      ['page_0', 'Send it', 1],
      ['page_0', 'Send it', 1],
      ['page_1', 'Open it', 2],
      ['page_1', 'Send it', 2],
      ['page_1', 'Send it', 2],
    ])
  })

  it('is valid with nothing in it', () => {
    const archive = new Archive()
    archive.add(attempt, { ...kept, steps: [{ step: 0, name: 'Open it', exchanges: [] }] })
    expect(valid(archive)).toMatchObject({ pages: [], entries: [] })
    expect(archive.isEmpty).toBe(true)
  })

  it('takes no attempt for which there is no room', () => {
    const archive = new Archive(6000)
    expect(archive.add(attempt, kept)).toBe(true)
    expect(archive.add(attempt, { ...kept, contents: new Map([['page', new Uint8Array(9000)]]) })).toBe(false)
    expect(valid(archive).entries).toHaveLength(3)
  })
})

describe('an entry of an HTTP archive', () => {
  const [redirect, form, unanswered] = exchanges.map((exchange) =>
    entryOf(exchange, { page: 'page_0', step: 'Send it', attempt: 3 }, contents),
  )

  it('has the request with its query, cookies and body', () => {
    expect(form?.request).toMatchObject({
      method: 'POST',
      httpVersion: 'HTTP/2.0',
      queryString: [
        { name: 'lang', value: 'de' },
        { name: 'q', value: 'a b' },
        { name: 'q', value: 'ä' },
      ],
      cookies: [
        { name: 'session', value: 'a=b' },
        { name: 'lang', value: 'de' },
      ],
      postData: { mimeType: 'application/x-www-form-urlencoded', text: 'user=ä' },
      headersSize: -1,
      bodySize: 6,
    })
    expect(redirect?.request).not.toHaveProperty('postData')
    expect(redirect?.request.bodySize).toBe(0)
  })

  it('has the answer with its redirect, cookies and body', () => {
    expect(redirect?.response).toMatchObject({
      status: 302,
      statusText: 'Found',
      redirectURL: '/account',
      cookies: [{ name: 'session', value: 'a=b' }],
      content: { size: 0, mimeType: '' },
      bodySize: -1,
    })
    expect(form?.response.content).toEqual({
      size: 9,
      mimeType: 'text/html; charset=iso-8859-1',
      text: btoa(String.fromCharCode(...LATIN1)),
      encoding: 'base64',
    })
  })

  it('has a body that is no text in a field that the format lacks', () => {
    const request = { method: 'PUT', url: 'not a URL', headers: [], body: { bytes: 4, sha256: 'page' } }
    const entry = entryOf(exchangeOf({ request }), { page: '', step: '', attempt: 1 }, contents)
    expect(entry.request.postData).toEqual({ mimeType: '', text: 'S+RzZQ==', _encoding: 'base64' })
    expect(entry.request.queryString).toEqual([])
  })

  it('has what the format has no place for', () => {
    expect(form?._stepcast).toEqual({
      attempt: 3,
      certificate: 'AP8=',
      answer_left_out: 'only its first 4 bytes are kept',
    })
    expect(unanswered?._stepcast).toEqual({ attempt: 3, failure: exchanges[2]?.failure })
  })

  it('has the times in milliseconds, and -1 for what did not happen', () => {
    expect(form).toMatchObject({
      time: 17.469,
      timings: { blocked: 1.5, dns: 0.25, connect: 1, ssl: -1, send: 0, wait: 14.7, receive: 0.019 },
    })
    expect(redirect?.timings).toMatchObject({ dns: -1, connect: 0.7 })
  })

  it('has the address of the server without its port', () => {
    expect(form?.serverIPAddress).toBe('2001:db8::1')
    expect(redirect?.serverIPAddress).toBe('192.0.2.1')
    expect(unanswered).not.toHaveProperty('serverIPAddress')
  })

  it('says why there is no answer', () => {
    expect(unanswered?.response).toMatchObject({
      status: 0,
      content: { size: 0, mimeType: 'x-unknown' },
      _error: 'nothing listens on port 9',
    })
    const { answer, failure, ...given } = exchanges[2] as Exchange
    const entry = entryOf(given, { page: '', step: '', attempt: 1 }, NOTHING)
    expect(entry.response).toMatchObject({ _error: 'it was given up' })
  })

  it('has no body that is not kept', () => {
    const entry = entryOf(exchanges[1] as Exchange, { page: '', step: '', attempt: 1 }, NOTHING)
    expect(entry.request.postData).toEqual({ mimeType: 'application/x-www-form-urlencoded' })
    expect(entry.response.content).not.toHaveProperty('text')
    expect(entry._stepcast).not.toHaveProperty('certificate')
  })
})
