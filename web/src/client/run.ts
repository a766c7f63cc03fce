import type { Command, Replay, Run } from './protocol.ts'

/**
 * The largest message sent uncompressed: API Gateway rejects frames over 32 KB, browsers cannot split a message into
 * frames, and the envelope needs some space.
 */
const PLAIN_BYTES = 30_000

/** The command that starts a run. A suite that is too large for one frame is sent as gzip in base64. */
export function runCommand(run: Run): Promise<Command> {
  return fitting({ action: 'run', ...run })
}

/** The command that runs a job again, or judges its answers again by another suite. */
export function replayCommand(replay: Replay): Promise<Command> {
  return fitting({ action: 'replay', ...replay })
}

/** The command that stores a suite under its own name. */
export function suiteCommand(suite: object): Promise<Command> {
  return fitting({ action: 'suites.put', suite })
}

async function fitting(plain: Extract<Command, { action: 'run' | 'replay' | 'suites.put' }>): Promise<Command> {
  if (byteLength(JSON.stringify(plain)) <= PLAIN_BYTES || typeof plain.suite !== 'object') return plain
  const { suite, ...rest } = plain
  return { ...rest, suite_gz: base64(await gzip(JSON.stringify(suite))) }
}

/** A new idempotency key. A run that is sent again with the same key after a lost answer starts no second job. */
export function newIdempotencyKey(): string {
  // Not `crypto.randomUUID`, which browsers do not offer to pages served over plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}

async function gzip(text: string): Promise<Uint8Array> {
  const zipped = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(zipped).arrayBuffer())
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}
