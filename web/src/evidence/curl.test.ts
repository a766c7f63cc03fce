import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SentRequest } from 'stepcast-client'
import { bytesOf } from 'stepcast-client/testing'
import { curlCommand, quoted } from './curl'

const GET: SentRequest = { method: 'GET', url: 'http://shop.example/', headers: [{ name: 'accept', value: '*/*' }] }

const field = (name: string, value: string) => ({ name, value })

function withBody(body: Uint8Array<ArrayBuffer>, more: Partial<SentRequest> = {}): string {
  const request = { ...GET, method: 'POST', body: { bytes: body.length, sha256: 'aa' }, ...more }
  return curlCommand(request, new Map([['aa', body]]))
}

/** The words that a shell passes to curl. */
function wordsOf(command: string): string[] {
  const shell = 'curl() { for word in "$@"; do printf "%s\\0" "$word"; done; }\n'
  const printed = execFileSync('/bin/sh', ['-c', shell + command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return printed.split('\0').slice(0, -1)
}

/** The characters that mean something to a shell, to curl or to a terminal, and others. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'\'"\\`$();&|<>{}[]*?!#@~ \t\n\r\0\u001b\u0003\u007f\u009b\u2028', "'\\''", '$(exit 7)', '\n\n'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 30,
})

describe('a request as a command line of curl', () => {
  it('has the method, the address, the headers and the body', () => {
    expect(curlCommand(GET, new Map())).toBe("curl \\\n  --url 'http://shop.example/' \\\n  --header 'accept: */*'\n")
    const headers = [field('content-type', 'application/json'), field('content-length', '9'), field('x-empty', '')]
    expect(withBody(bytesOf('{"a":\n1}'), { method: 'PUT', headers })).toBe(
      [
        "curl \\\n  --request 'PUT' \\\n  --url 'http://shop.example/'",
        "--header 'content-type: application/json'",
        "--header 'x-empty;'",
        '--data-raw \'{"a":\n1}\'\n',
      ].join(' \\\n  '),
    )
  })

  it('is that request for curl', () => {
    expect(curlCommand({ ...GET, method: 'HEAD' }, new Map())).toContain('--head \\')
    expect(curlCommand({ ...GET, url: 'http://shop.example/?a[]=1' }, new Map())).toContain('--globoff')
    expect(curlCommand({ ...GET, headers: [field('Accept-Encoding', 'br')] }, new Map())).toContain('--compressed')
    expect(withBody(bytesOf('a=1'))).toContain("--header 'content-type:'")
    expect(withBody(bytesOf('a=1'))).not.toContain('--request')
    expect(withBody(bytesOf('a=1'), { method: 'GET' })).toContain("--request 'GET'")
  })

  it('says that values are masked', () => {
    const headers = [field('authorization', '***')]
    expect(curlCommand({ ...GET, headers }, new Map())).toMatch(/^# Masked values are \*{3}\ncurl /)
  })

  it('says that a body is left out', () => {
    const note = '# The body is left out: '
    expect(withBody(new Uint8Array([0xff]))).toMatch(`${note}it is not plain text`)
    expect(withBody(bytesOf('a\r\nb'))).toMatch(`${note}it is not plain text`)
    expect(withBody(bytesOf('\u001b[201~; reboot'))).not.toContain('reboot')
    const body = { bytes: 9, sha256: 'aa', left_out: 'only its first 1 bytes are kept' }
    expect(withBody(bytesOf('a'), { body })).toMatch(`${note}only a part of it is kept`)
    expect(withBody(bytesOf('a'), { body: { bytes: 9, sha256: 'gone' } })).toMatch(`${note}it is not kept`)
  })

  it('gives curl the words as they are, whatever strangers wrote', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (method, path, value, text) => {
        const url = `http://shop.example/${path}`
        const request = { method, url, headers: [field('x-a', value), field(value, 'b'), field('content-type', text)] }
        const words = wordsOf(withBody(bytesOf(text), request))
        const plain = value.replaceAll(/\p{Cc}/gu, ' ').trim()
        expect(words[words.indexOf('--url') + 1]).toBe(url.replaceAll(/\p{Cc}/gu, encodeURIComponent))
        expect(words).toContain(plain === '' ? 'x-a;' : `x-a: ${plain}`)
        const place = words.indexOf('--data-raw')
        if (place >= 0) expect(words.slice(place)).toEqual(['--data-raw', text])
      }),
      { numRuns: 150 },
    )
  })

  it('has no control characters but the ends of its lines, and tabs of the body', () => {
    fc.assert(
      fc.property(hostile, hostile, hostile, (path, value, text) => {
        const request = { url: `http://shop.example/${path}`, headers: [field('x-a', value), field(value, value)] }
        expect(withBody(bytesOf(text), request).replaceAll(/[\n\t]/g, '')).not.toMatch(/\p{Cc}/u)
      }),
    )
  })

  it('stays between its quotes', () => {
    expect(quoted("it's")).toBe(String.raw`'it'\''s'`)
    const headers = [field('x-a', "a'\n; reboot; '"), field("x'b\n", 'c'), field('@/etc/passwd', 'd')]
    const command = curlCommand({ method: "GET'; reboot", url: "http://a.example/'\n; reboot", headers }, new Map())
    expect(wordsOf(command)).toEqual(['--url', "http://a.example/'%0A; reboot", '--header', "x-a: a' ; reboot; '"])
  })
})
