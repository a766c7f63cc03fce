// @vitest-environment happy-dom

import { beforeEach, describe, expect, it } from 'vitest'
import { Replay } from 'stepcast-client/dashboard'
import { recordedRun } from 'stepcast-client/testing'
import App from './App.vue'
import { nextFrame, show } from './testing'

const SHARE = `header.${btoa('{"job":"j1"}')}.signature`

beforeEach(() => {
  location.hash = `#/share/${SHARE}`
})

describe('a shared job', () => {
  it('is the only thing shown, for any address', async () => {
    const replay = new Replay(recordedRun({ tests: 3 }))
    const { page, dashboard } = show(App, replay)
    await dashboard.start(location, history)
    replay.play()
    await nextFrame()
    for (const hash of ['#/jobs/j1', '#/', '#/jobs/other']) {
      location.hash = hash
      await nextFrame()
      expect(page.text(), hash).toContain('Shop smoke')
      expect(page.find('form#run-form').exists(), hash).toBe(false)
    }
    expect(page.text()).toContain('Shared job')
    expect(page.find('[aria-label="Comment"]').exists()).toBe(false)
    expect(page.find('nav.trail a').exists()).toBe(false)
  })
})
