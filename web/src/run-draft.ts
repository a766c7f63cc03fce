import { reactive } from 'vue'

/**
 * What stands in the run box, without the secrets. It outlives the box, so that looking at a job does not lose what was
 * written.
 */
export const draft = reactive({
  source: 'text' as 'text' | 'stored',
  text: '',
  stored: '',
  vars: '',
  labels: '',
  tags: '',
  /** Nothing, as the browser has it for a field of numbers, is an empty text */
  maxFailures: '' as number | '',
  timeLimit: '' as number | '',
})

export const EXAMPLE = `suite: First look
vars: { base: https://example.com }
tests:
  - name: Home page
    get: \${base}/
    expect:
      - status: 200
      - css: h1
        text: Example Domain
      - time: { below: 2s }
`
