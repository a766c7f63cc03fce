// @vitest-environment happy-dom

import { expect, it, vi } from 'vitest'
import { saveFile } from './save-file'

it('saves a text in pieces as one file, under a plain name', async () => {
  const blobs = vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:saved')
  const names: string[] = []
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download)
  })
  saveFile('../a b.har', 'application/json', ['{"a":', '"ä"}'])
  const [blob] = blobs.mock.lastCall as [Blob]
  expect(await blob.text()).toBe('{"a":"ä"}')
  expect(blob.type).toBe('application/json')
  expect(names).toEqual(['.._a_b.har'])
  vi.restoreAllMocks()
})
