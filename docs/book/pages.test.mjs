import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageOf, placesOf, rewriteLinks } from './pages.mjs'

const pages = [
  'README.md',
  'docs/README.md',
  'docs/SUITES.md',
  'docs/guide/README.md',
  'docs/guide/tutorial.md',
  'infra/README.md',
]
const site = {
  isPage: (place) => pages.includes(place),
  isFile: (place) => place === 'docs/images/job.png',
  kind: (place) => ({ 'crates/suite': 'folder', 'action.yml': 'file', 'docs/a b.txt': 'file' })[place],
}
const rewritten = (text, place = 'docs/SUITES.md') => rewriteLinks(text, place, site)
const github = 'https://github.com/stepcast/stepcast'

test('a page links to a page', () => {
  assert.equal(rewritten('[a](guide/tutorial.md#b), [c](SUITES.md)'), '[a](guide/tutorial.md#b), [c](SUITES.md)')
  assert.equal(rewritten('[a](../SUITES.md)', 'docs/guide/tutorial.md'), '[a](../SUITES.md)')
})

test('a README is the index of its folder, and the front page that of the site', () => {
  assert.equal(
    rewritten('[a](../infra/README.md#b), [c](../README.md), [d](guide/README.md)'),
    '[a](../infra/index.md#b), [c](../readme.md), [d](../index.md)',
  )
  assert.equal(
    rewritten('[a](tutorial.md), [b](../SUITES.md)', 'docs/guide/README.md'),
    '[a](docs/guide/tutorial.md), [b](docs/SUITES.md)',
  )
  assert.equal(rewritten('[a](../infra/)'), '[a](../infra/index.md)')
  assert.equal(pageOf('README.md'), 'readme.md')
})

test('images are served, other files and folders are in the repository', () => {
  assert.equal(rewritten('![a](docs/images/job.png)', 'README.md'), '![a](docs/images/job.png)')
  assert.equal(rewritten('[a](../action.yml)'), `[a](${github}/blob/main/action.yml)`)
  assert.equal(rewritten('[`a`](../crates/suite)'), `[\`a\`](${github}/tree/main/crates/suite)`)
  assert.equal(rewritten('[a](a%20b.txt)'), `[a](${github}/blob/main/docs/a%20b.txt)`)
})

test('other sites, fragments, footnotes and code stay as they are', () => {
  for (const text of [
    '[a](https://a.example/b.md)',
    '[a](mailto:a@b.example)',
    '[a](#b)',
    '`[a](b.md)`',
    '``[a](b.md)` ``',
    '[^a]: b.md',
    '```md\n[a](b.md)\n```\n',
    '~~~\n```\n[a](b.md)\n~~~\n',
    '- a\n  ```md\n  [a](b.md)\n  ```\n',
    '````\n```\n[a](b.md)\n````\n',
  ])
    assert.equal(rewritten(text), text)
})

test('titles, definitions and several links on a line', () => {
  assert.equal(
    rewritten('[a](../action.yml "b") `c` [d](../action.yml)'),
    `[a](${github}/blob/main/action.yml "b") \`c\` [d](${github}/blob/main/action.yml)`,
  )
  assert.equal(rewritten('[a]: ../action.yml\n'), `[a]: ${github}/blob/main/action.yml\n`)
})

test('a link to nothing is an error with its line', () => {
  assert.throws(() => rewritten('a\n\n```\nb\n```\n[c](d.md)'), /docs\/SUITES\.md:6: there is nothing at `d\.md`/)
})

test('the places of a summary', () => {
  assert.deepEqual(placesOf('- [a](../SUITES.md)\n  - [b](../../README.md)\n', 'docs/book/SUMMARY.md'), [
    'docs/SUITES.md',
    'README.md',
  ])
})
