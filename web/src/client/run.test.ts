import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { newIdempotencyKey, replayCommand, runCommand } from './run.ts'

describe('a run', () => {
  it('that fits into one frame is sent as it is', async () => {
    const suite = { suite: 'Small', tests: [] }
    expect(await runCommand({ suite, vars: { base: 'x' } })).toEqual({ action: 'run', suite, vars: { base: 'x' } })
  })

  it('that does not fit is sent as gzip in base64, without loss', async () => {
    const tests = Array.from({ length: 600 }, (_, test) => ({
      name: `Seite ${test} – größer`,
      get: `https://x/${test}`,
    }))
    const suite = { suite: 'Large', tests }
    const command = await runCommand({ suite, vars: { base: 'x' } })
    expect(command).toMatchObject({ action: 'run', vars: { base: 'x' } })
    expect(command).not.toHaveProperty('suite')
    const zipped = Buffer.from((command as { suite_gz: string }).suite_gz, 'base64')
    expect(JSON.parse(gunzipSync(zipped).toString())).toEqual(suite)
    expect(JSON.stringify(command).length).toBeLessThan(30_000)
  })

  it('that judges kept answers by a large suite sends that in the same way', async () => {
    const suite = { suite: 'Large', note: 'größer'.repeat(10_000) }
    const command = await replayCommand({ job: 'j1', on: 'evidence', suite })
    expect(command).toMatchObject({ action: 'replay', job: 'j1', on: 'evidence' })
    expect(command).not.toHaveProperty('suite')
    const zipped = Buffer.from((command as { suite_gz: string }).suite_gz, 'base64')
    expect(JSON.parse(gunzipSync(zipped).toString())).toEqual(suite)
    const small = { job: 'j1', only: 'failed', on: 'evidence', suite: 'Shop' } as const
    expect(await replayCommand(small)).toEqual({ action: 'replay', ...small })
  })

  it('has its own idempotency key', () => {
    expect(newIdempotencyKey()).toMatch(/^[0-9a-f]{32}$/)
    expect(newIdempotencyKey()).not.toBe(newIdempotencyKey())
  })
})
