import { reactive } from 'vue'
import type { Run } from 'stepcast-client'

/**
 * The input of the run box, without the secrets. It outlives the component, so that the input is not lost when the user
 * looks at a job.
 */
export const draft = reactive({
  source: 'text' as 'text' | 'stored',
  text: '',
  stored: '',
  vars: '',
  labels: '',
  tags: '',
  /** An empty number field has the value `''` in browsers */
  maxFailures: '' as number | '',
  timeLimit: '' as number | '',
  /** Of which attempts what was sent and received is kept; by default, as the suite says */
  evidence: '' as NonNullable<Run['evidence']> | '',
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
