import type { Outcome } from './protocol.ts'

/**
 * One test's share of a job's digest: 32-bit FNV-1a of `test:outcome`. The job's digest is the sum of the shares.
 * The texts are ASCII, so characters are bytes. http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function digestOf(test: number, outcome: Outcome): number {
  let hash = 0x811c9dc5
  for (const character of `${test}:${outcome}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193)
  }
  return hash >>> 0
}

/** A digest in its wire format. A sum of 10,000 shares of 32 bits is below 2^46, which a number represents exactly. */
export function formatDigest(sum: number): string {
  return sum.toString(16).padStart(16, '0')
}
