import type { HeaderField, SentRequest } from 'stepcast-client'
import type { Evidence } from 'stepcast-client/dashboard'
import { exactText } from './decode'
import { headerOf } from './headers'

/** The server writes this in place of secrets and credentials. */
const MASK = '***'

/** The characters of methods and names of header fields. https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

/** The characters that a terminal obeys, also between quotes: a pasted one can end the text that is pasted. */
// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g

/** curl counts the bytes itself. */
const OWN_HEADERS = new Set(['content-length', 'transfer-encoding'])

/**
 * A command line for a POSIX shell that sends the request again. What strangers wrote is only between single quotes, and
 * without control characters. The comments are fixed texts: not every shell takes them as comments.
 */
export function curlCommand(request: SentRequest, contents: Evidence['contents']): string {
  const body = bodyOptions(request, contents)
  const options = [...methodOptions(request), `--url ${quoted(address(request.url))}`, ...headerOptions(request)]
  const command = ['curl', ...options, ...body.options].join(' \\\n  ')
  const notes = [...body.notes, ...(command.includes(MASK) ? [`# Masked values are ${MASK}`] : [])]
  return `${[...notes, command].join('\n')}\n`
}

/** One word for a POSIX shell, whatever it contains. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function methodOptions({ method, body }: SentRequest): string[] {
  // With `--request HEAD`, curl would wait for a body.
  if (method === 'HEAD' && body === undefined) return ['--head']
  const usual = body === undefined ? 'GET' : 'POST'
  return method === usual || !TOKEN.test(method) ? [] : [`--request ${quoted(method)}`]
}

/** Encoded as in an address, which has no control characters. */
function address(url: string): string {
  return url.replaceAll(CONTROLS, encodeURIComponent)
}

function headerOptions({ url, headers, body }: SentRequest): string[] {
  const fields = headers
    .filter(({ name }) => TOKEN.test(name) && !OWN_HEADERS.has(name.toLowerCase()))
    .map((field) => `--header ${quoted(headerLine(field))}`)
  // Without `--globoff`, curl takes an address with brackets or braces for several.
  const isPattern = /[[\]{}]/.test(url)
  // Without this one, curl says that a body is a form.
  const hasNoType = body !== undefined && headerOf(headers, 'content-type') === undefined
  return [
    ...(isPattern ? ['--globoff'] : []),
    ...(headerOf(headers, 'accept-encoding') === undefined ? [] : ['--compressed']),
    ...fields,
    ...(hasNoType ? [`--header ${quoted('content-type:')}`] : []),
  ]
}

/** As a recipient of HTTP has to, it takes a control character for a space. A semicolon says that the value is empty. */
function headerLine({ name, value }: HeaderField): string {
  const plain = value.replaceAll(CONTROLS, ' ').trim()
  return plain === '' ? `${name};` : `${name}: ${plain}`
}

function bodyOptions({ body }: SentRequest, contents: Evidence['contents']): { options: string[]; notes: string[] } {
  if (body === undefined) return { options: [], notes: [] }
  const kept = body.sha256 === undefined ? undefined : contents.get(body.sha256)
  const without = (why: string) => ({ options: [], notes: [`# The body is left out: ${why}`] })
  if (kept === undefined) return without('it is not kept')
  if (body.left_out !== undefined) return without('only a part of it is kept')
  const text = exactText(kept)
  if (text === undefined || text.replaceAll(/[\n\t]/g, '').search(CONTROLS) >= 0) {
    return without('it is not plain text. Save it and add --data-binary @FILE')
  }
  return { options: [`--data-raw ${quoted(text)}`], notes: [] }
}
