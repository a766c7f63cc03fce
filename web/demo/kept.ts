import type { Command, Event, Exchange, SincePassed, StepDifferences, StepState } from 'stepcast-client'
import { bytesOf, exchangeOf, keptEvidence } from 'stepcast-client/testing'

/** The job in which the tests of the made-up jobs last passed. */
const PASSED_IN = '01a202c5-7d9b-7658-bb8e-a9c7c9ec7695'

const PAGE = `<!doctype html>
<title>Red boots</title>
<main>
  <h1>Red boots, size 38 to 45</h1>
  <p class="product"><span class="price">EUR 89</span></p>
</main>
`

/** What a step that did not pass has besides its checks. */
export function keptOf(at: string): Partial<StepState> {
  const since: SincePassed = {
    job: PASSED_IN,
    at,
    lines: [
      'main > h1: “Red boots, size 38 to 46” is now “Red boots, size 38 to 45”',
      'main > .product .price: the attribute `data-currency` is gone, in 12 places',
      'header `content-length`: 18211 is now 17904',
    ],
    more: 2,
  }
  const traceparent = '00-01a202c57d9b7658bb8ea9c7c9ec7695-b7ad6b7169203331-01'
  return { since_passed: since, evidence: { id: 'e1' }, traceparent }
}

/** The page that a failed test got, and how it differs from the one before. */
export function evidence(command: Command, at: string): Event | undefined {
  if (command.action !== 'evidence') return undefined
  const body = bytesOf(PAGE)
  const answer: Exchange['answer'] = {
    status: 200,
    version: 'HTTP/2.0',
    headers: [
      { name: 'content-type', value: 'text/html; charset=utf-8' },
      { name: 'x-request-id', value: '7f3e' },
    ],
    body: { bytes: body.length, sha256: 'c0ffee' },
  }
  const url = 'https://shop.example/bags/red-1003'
  const request = { method: 'GET', url, headers: [{ name: 'user-agent', value: 'stepcast/0.1' }] }
  const kept = keptEvidence([exchangeOf({ request, answer })], { c0ffee: body })(command)
  if (kept?.type !== 'evidence' || command.cursor !== undefined) return kept
  return { ...kept, differences: [differences(command.step ?? 0, at)] }
}

function differences(step: number, at: string): StepDifferences {
  const noise = { kind: 'header', is_noise: true, places: 1 } as const
  return {
    step,
    job: PASSED_IN,
    at,
    differences: [
      {
        kind: 'element',
        place: 'main > h1',
        before: 'Red boots, size 38 to 46',
        after: 'Red boots, size 38 to 45',
        text: 'main > h1: the text changed',
        places: 1,
        is_near: true,
      },
      {
        kind: 'element',
        place: 'main > .product .price',
        before: '<span class="price" data-currency="EUR">',
        after: '<span class="price">',
        text: 'main > .product .price: the attribute `data-currency` is gone',
        places: 12,
        is_near: true,
      },
      {
        kind: 'header',
        place: 'content-length',
        before: '18211',
        after: '17904',
        text: 'header `content-length` changed',
        places: 1,
      },
      { kind: 'element', place: 'footer > a:nth-child(3)', after: '<a href="/sale">Sale</a>', text: 'new', places: 1 },
      { ...noise, place: 'x-request-id', before: '19ab', after: '7f3e', text: 'header `x-request-id` changed' },
      { ...noise, place: 'set-cookie', before: 'session=a', after: 'session=b', text: 'header `set-cookie` changed' },
    ],
    left_out: 0,
  }
}
