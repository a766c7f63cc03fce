import type { Command, Event, Exchange } from '../protocol.ts'

export const base64Of = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes))

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text))

/** A GET that was answered; `more` replaces parts of it. */
export function exchangeOf(more: Partial<Exchange> = {}): Exchange {
  return {
    at: '2025-11-22T09:00:00.000Z',
    request: { method: 'GET', url: 'http://shop.example/', headers: [{ name: 'accept', value: '*/*' }] },
    answer: { status: 200, version: 'HTTP/1.1', headers: [{ name: 'content-type', value: 'text/html' }] },
    remote: '192.0.2.1:80',
    times: { waiting_us: 29, connect_us: 700, answer_us: 14_700, body_us: 19 },
    ...more,
  }
}

/** Answers `evidence` as a server does: first the exchanges, then each content in parts of `partBytes`. */
export function keptEvidence(
  exchanges: Exchange[],
  contents: Record<string, Uint8Array> = {},
  partBytes = 73_728,
): (command: Command) => Event | undefined {
  const parts = Object.entries(contents).flatMap(([sha256, bytes]) =>
    Array.from({ length: Math.max(1, Math.ceil(bytes.length / partBytes)) }, (_, place) => {
      const offset = place * partBytes
      return { sha256, offset, bytes: bytes.length, base64: base64Of(bytes.slice(offset, offset + partBytes)) }
    }),
  )
  return (command) => {
    if (command.action !== 'evidence') return undefined
    const { job, test, step = 0, attempt = 1, cursor } = command
    const place = cursor === undefined ? 0 : Number(cursor)
    const page =
      cursor === undefined
        ? { steps: [{ step, name: 'Page 1', exchanges }] }
        : { contents: parts.slice(place - 1, place) }
    const next = place < parts.length ? { cursor: String(place + 1) } : {}
    return { type: 'evidence', at: '', job, test, attempt, ...page, ...next }
  }
}
