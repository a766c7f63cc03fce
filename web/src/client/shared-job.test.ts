import { describe, expect, it } from 'vitest'
import { sharedJobIn } from './shared-job'

const TOKEN = `header.${btoa('{"sub":"share/1","job":"j~1"}').replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.sig-_`

describe('the link to a shared job', () => {
  it('says which job it shows', () => {
    expect(sharedJobIn(`#/share/${TOKEN}`)).toEqual({ token: TOKEN, job: 'j~1' })
  })

  it('is no other address and no other token', () => {
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
