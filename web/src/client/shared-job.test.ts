import { describe, expect, it } from 'vitest'
import { sharedJobIn } from './shared-job.ts'

const TOKEN = `header.${btoa('{"sub":"share/1","job":"j~1"}').replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.sig-_`

describe('the link to a shared job', () => {
  it('contains the id of the job', () => {
    expect(sharedJobIn(`#/share/${TOKEN}`)).toEqual({ token: TOKEN, job: 'j~1' })
  })

  it('is not recognised in other addresses or with other tokens', () => {
    const plain = `header.${btoa('{"sub":"ana"}')}.sig`
    for (const fragment of [
      '',
      '#/',
      '#/jobs/j1',
      '#/share/',
      '#/share/nonsense',
      '#/share/a.b.c',
      `#/share/${plain}`,
    ]) {
      expect(sharedJobIn(fragment), fragment).toBeUndefined()
    }
  })
})
