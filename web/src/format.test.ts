import { describe, expect, it } from 'vitest'
import { ago, duration, plural, roughDuration, shortDuration, size } from './format'
import { hashOf, parseRoute } from './route'

describe('durations', () => {
  it.each([
    [85, '85 ms'],
    [4210, '4.2 s'],
    [59_960, '1 min 00 s'],
    [185_000, '3 min 05 s'],
    [7_800_000, '2 h 10 min'],
    [undefined, ''],
  ])('%s ms', (milliseconds, text) => expect(duration(milliseconds)).toBe(text))
})

describe('rough durations', () => {
  it.each([
    [1000, '1 s'],
    [2449, '2.4 s'],
    [9_960, '10 s'],
    [12_600, '13 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [600_000, '10 min'],
  ])('%s ms', (milliseconds, text) => expect(roughDuration(milliseconds)).toBe(text))
})

describe('short durations', () => {
  it.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [4149, '4.1 ms'],
    [9_960, '10 ms'],
    [4_210_000, '4.2 s'],
  ])('%s µs', (microseconds, text) => expect(shortDuration(microseconds)).toBe(text))
})

describe('sizes', () => {
  it.each([
    [1, '1 byte'],
    [1023, '1,023 bytes'],
    [4300, '4.2 KiB'],
    [1_048_575, '1.0 MiB'],
  ])('%s bytes', (bytes, text) => expect(size(bytes)).toBe(text))
})

describe('how long ago', () => {
  const now = Date.parse('2025-11-22T12:00:00Z')
  it.each([
    ['2025-11-22T12:00:05Z', 'just now'],
    ['2025-11-22T11:55:00Z', '5 min ago'],
    ['2025-11-22T09:00:00Z', '3 h ago'],
    ['2025-11-21T10:00:00Z', 'yesterday'],
    ['2025-11-12T12:00:00Z', '10 days ago'],
    ['', ''],
  ])('%s', (at, text) => expect(ago(at, now)).toBe(text))
})

it('writes counts with singular, plural and thousands separators', () => {
  expect([plural(1, 'test'), plural(0, 'test'), plural(2000, 'test')]).toEqual(['1 test', '0 tests', '2,000 tests'])
})

describe('addresses', () => {
  it.each([
    '#/',
    '#/jobs/01JD7',
    '#/jobs/a%2Fb/tests/12',
    '#/jobs/a%3Fb?test=12',
    '#/suites',
    '#/suites/Shop%20%2F%20smoke',
    '#/admin',
  ])('%s', (hash) => {
    expect(hashOf(parseRoute(hash))).toBe(hash)
  })

  it('that are unknown show the jobs', () => {
    expect(parseRoute('')).toEqual({ page: 'jobs' })
    expect(parseRoute('#/elsewhere')).toEqual({ page: 'jobs' })
    expect(parseRoute('#/jobs/%')).toEqual({ page: 'job', job: '%' })
    expect(parseRoute('#/jobs/a/tests/99999999999999999999')).toEqual({ page: 'jobs' })
  })
})
