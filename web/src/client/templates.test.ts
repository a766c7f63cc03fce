import { describe, expect, it } from 'vitest'
import { SuiteText } from './suite-text.ts'

/** An example with templates inside flow mappings. */
const SUITE = `suite: Shop smoke
vars: { base: https://shop.example }
defaults:
  timeout: 10s
  retries: { max: 2, on: network }          # network | any
  headers: { accept-language: en }
  host: { concurrency: 4, interval: 50ms }
tests:
  - name: Home page
    tags: [smoke]
    get: \${base}/
    expect:
      - status: 200
      - header: content-type
        starts_with: text/html
      - css: h1
        text: Welcome
      - css: .product
        count: { at_least: 12 }
      - css: a.buy
        attr: href
        matches: ^/cart
      - time: { below: 800ms }
  - name: Sign in
    steps:
      - name: Open the form
        get: \${base}/login
        capture: { csrf: { css: 'input[name=csrf]', attr: value } }
        expect: [ { status: 200 } ]
      - name: Submit it
        post: \${base}/login
        form: { user: \${user}, password: \${secret.password}, csrf: \${csrf} }
        expect:
          - status: 200
          - url: { ends_with: /account }
  - name: Every page in the sitemap
    discover: { sitemap: \${base}/sitemap.xml, limit: 500 }
    expect: [ { status: 200 }, { css: title, exists: true } ]
  - name: No dead links
    get: \${base}/
    expect: [ { links: { scope: same_host } } ]
  - name: Each language
    each: { lang: [en, de, fr] }
    get: \${base}/\${lang}/
    expect: [ { css: html, attr: lang, equals: '\${lang}' } ]
`

function read(text: string): unknown {
  const { suite, problems } = new SuiteText(text)
  expect(problems).toEqual([])
  return suite
}

describe('templates in the text of a suite', () => {
  it('need no quotes', () => {
    expect(read(SUITE)).toMatchObject({
      vars: { base: 'https://shop.example' },
      tests: [
        { get: '${base}/' },
        {
          steps: [
            { get: '${base}/login' },
            {
              form: { user: '${user}', password: '${secret.password}', csrf: '${csrf}' },
              expect: [{ status: 200 }, {}],
            },
          ],
        },
        { discover: { sitemap: '${base}/sitemap.xml', limit: 500 } },
        {},
        { each: { lang: ['en', 'de', 'fr'] }, expect: [{ css: 'html', attr: 'lang', equals: '${lang}' }] },
      ],
    })
  })

  it('may be in keys, in lists and in every kind of scalar', () => {
    const text = `{ a-\${k}: [\${a}, x\${b c}y], "q": "\${d}", 'r': '\${e}', s: $\${literal} }`
    expect(read(text)).toEqual({
      'a-${k}': ['${a}', 'x${b c}y'],
      q: '${d}',
      r: '${e}',
      s: '$${literal}',
    })
    expect(read('text: |\n  ${a}\n  ${b}\n')).toEqual({ text: '${a}\n${b}\n' })
  })

  it('may have names in any script', () => {
    expect(read('{ a: ${größe}, b: ${価格}, c: ${𝒳 }, d: 1 }')).toEqual({
      a: '${größe}',
      b: '${価格}',
      c: '${𝒳 }',
      d: 1,
    })
  })

  it('do not change the positions in the text', () => {
    const text = new SuiteText(SUITE)
    const at = (part: string) => {
      const before = SUITE.slice(0, SUITE.indexOf(part)).split('\n')
      return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
    }
    expect(text.locate('tests[1].steps[1].form.csrf')).toMatchObject(at('${csrf} }'))
    expect(text.locate('tests[2].discover.limit')).toMatchObject(at('500 }'))
    expect(new SuiteText('a: { ${k}: 1 }').locate('a.${k}')).toMatchObject({ line: 1, column: 12 })
  })

  it('are unchanged in messages', () => {
    const [problem] = new SuiteText('a: *${b}').problems
    expect(problem?.message).toContain('${b}')
  })

  it('do not affect other characters of the private use area', () => {
    expect(read('icon: "\ue024 \ue07b\uf8ff"')).toEqual({ icon: '\ue024 \ue07b\uf8ff' })
  })
})
