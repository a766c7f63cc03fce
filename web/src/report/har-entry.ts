// A request and its answer as an entry of an HTTP archive, as `crates/cli/src/har/write.rs` writes it.
// http://www.softwareishard.com/blog/har-12-spec/

import type {
  Answer,
  Content,
  Exchange,
  ExchangeFailure,
  ExchangeTimes,
  HeaderField,
  SentRequest,
} from 'stepcast-client'
import type { AttemptEvidence } from 'stepcast-client/dashboard'
import { base64Of } from '../evidence/bytes'
import { exactText } from '../evidence/decode'
import { headerOf } from '../evidence/headers'
import { reasonPhrase } from './reason-phrases'

type Contents = AttemptEvidence['contents']

/** A number that is not known, and a time that did not pass. */
const UNKNOWN = -1

/** What a recording needs, and the format has no place for. */
export interface Own {
  attempt: number
  failure?: ExchangeFailure
  /** The server's certificate: Base64 of its DER */
  certificate?: string
  /** Why the body of the request, or only a part of it, is not here */
  request_left_out?: string
  /** The same of the answer */
  answer_left_out?: string
}

/** The page that an entry belongs to, and the step. */
export interface EntryPlace {
  page: string
  step: string
  attempt: number
}

export function entryOf(exchange: Exchange, { page, step, attempt }: EntryPlace, contents: Contents) {
  const { at, request, answer, failure, remote, times } = exchange
  const address = addressOf(remote)
  return {
    pageref: page,
    startedDateTime: at,
    time: milliseconds(times.waiting_us + totalOf(times)),
    request: sent(request, answer?.version ?? 'HTTP/1.1', contents),
    response: answer === undefined ? unanswered(failure) : answered(answer, failure, contents),
    cache: {},
    timings: timingsOf(times),
    ...(address !== undefined && { serverIPAddress: address }),
    comment: step,
    _stepcast: ownOf(exchange, attempt, contents),
  }
}

function ownOf({ request, answer, failure }: Exchange, attempt: number, contents: Contents): Own {
  const own: Own = { attempt }
  if (failure !== undefined) own.failure = failure
  const certificate = contents.get(answer?.certificate ?? '')
  if (certificate !== undefined) own.certificate = base64Of(certificate)
  if (request.body?.left_out !== undefined) own.request_left_out = request.body.left_out
  if (answer?.body?.left_out !== undefined) own.answer_left_out = answer.body.left_out
  return own
}

function sent({ method, url, headers, body }: SentRequest, httpVersion: string, contents: Contents) {
  return {
    method,
    url,
    httpVersion,
    cookies: allOf(headers, 'cookie').flatMap((value) => value.split(';').flatMap(cookieOf)),
    headers: pairsOf(headers),
    queryString: queryOf(url),
    ...(body !== undefined && { postData: postDataOf(headers, body, contents) }),
    headersSize: UNKNOWN,
    bodySize: body?.bytes ?? 0,
  }
}

function postDataOf(headers: readonly HeaderField[], body: Content, contents: Contents) {
  const { text, encoding } = textOf(body, contents)
  return {
    mimeType: headerOf(headers, 'content-type') ?? '',
    ...(text !== undefined && { text }),
    ...(encoding !== undefined && { _encoding: encoding }),
  }
}

function answered(answer: Answer, failure: ExchangeFailure | undefined, contents: Contents) {
  const { status, version, headers, body } = answer
  return {
    status,
    statusText: reasonPhrase(status),
    httpVersion: version,
    cookies: allOf(headers, 'set-cookie').flatMap((value) => cookieOf(value.split(';', 1)[0] ?? '')),
    headers: pairsOf(headers),
    content: {
      size: body?.bytes ?? 0,
      mimeType: headerOf(headers, 'content-type') ?? '',
      ...(body === undefined ? {} : textOf(body, contents)),
    },
    redirectURL: headerOf(headers, 'location') ?? '',
    headersSize: UNKNOWN,
    bodySize: UNKNOWN,
    ...(failure !== undefined && { _error: failure.message }),
  }
}

function unanswered(failure: ExchangeFailure | undefined) {
  return {
    status: 0,
    statusText: '',
    httpVersion: '',
    cookies: [],
    headers: [],
    content: { size: 0, mimeType: 'x-unknown' },
    redirectURL: '',
    headersSize: UNKNOWN,
    bodySize: UNKNOWN,
    // Named as Chromium names it.
    _error: failure?.message ?? 'it was given up',
  }
}

/** A body as text if it is UTF-8, or else in Base64. */
function textOf({ sha256 }: Content, contents: Contents): { text?: string; encoding?: 'base64' } {
  const bytes = contents.get(sha256 ?? '')
  if (bytes === undefined) return {}
  const text = exactText(bytes)
  return text === undefined ? { text: base64Of(bytes), encoding: 'base64' } : { text }
}

function pairsOf(headers: readonly HeaderField[]) {
  return headers.map(({ name, value }) => ({ name, value }))
}

function allOf(headers: readonly HeaderField[], name: string): string[] {
  return headers.filter((field) => field.name.toLowerCase() === name).map(({ value }) => value)
}

function cookieOf(text: string): { name: string; value: string }[] {
  const [, name, value] = /^([^=]*)=([^]*)$/.exec(text.trim()) ?? []
  return name === undefined || value === undefined ? [] : [{ name, value }]
}

function queryOf(url: string): { name: string; value: string }[] {
  if (!URL.canParse(url)) return []
  return [...new URL(url).searchParams].map(([name, value]) => ({ name, value }))
}

/** The address without its port, which follows the last colon. */
function addressOf(remote: string | undefined): string | undefined {
  return /^([^]*):[^:]*$/.exec(remote ?? '')?.[1]?.replaceAll(/^[[\]]+|[[\]]+$/g, '')
}

function timingsOf({ waiting_us, name_us, connect_us, tls_us, answer_us, body_us }: ExchangeTimes) {
  const orUnknown = (microseconds: number | undefined) =>
    microseconds === undefined ? UNKNOWN : milliseconds(microseconds)
  return {
    blocked: milliseconds(waiting_us),
    dns: orUnknown(name_us),
    // With the time of TLS, as the format wants it.
    connect: orUnknown(connect_us === undefined ? undefined : connect_us + (tls_us ?? 0)),
    ssl: orUnknown(tls_us),
    send: 0,
    wait: milliseconds(answer_us),
    receive: milliseconds(body_us),
  }
}

function totalOf({ name_us = 0, connect_us = 0, tls_us = 0, answer_us, body_us }: ExchangeTimes): number {
  return name_us + connect_us + tls_us + answer_us + body_us
}

function milliseconds(microseconds: number): number {
  return microseconds / 1000
}
