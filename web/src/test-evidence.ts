import type { TestState } from 'stepcast-client'

/** An attempt of a test of which something is kept. */
export interface KeptAttempt {
  /** The name of the test, and which attempt it is if there are several */
  title: string
  /** From 1 */
  attempt: number
  /** The names of its steps, as far as they are known */
  stepNames: ReadonlyMap<number, string>
}

/** The attempts of which something is kept, in their order. */
export function keptAttempts(test: TestState): KeptAttempt[] {
  const all = [...(test.earlier ?? []), { attempt: test.attempt, steps: test.steps }]
  return all
    .filter(({ steps }) => steps.some(({ evidence }) => evidence?.id !== undefined))
    .map(({ attempt, steps }) => ({
      title: attempt === 1 && test.attempt === 1 ? test.name : `${test.name} (attempt ${attempt})`,
      attempt,
      stepNames: new Map(steps.map(({ step, name }) => [step, name])),
    }))
}

/** Whether anything is kept of what a test sent and received. */
export function isKept({ steps, earlier = [] }: TestState): boolean {
  return [{ steps }, ...earlier].some((one) => one.steps.some(({ evidence }) => evidence?.id !== undefined))
}
