import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runner, scripts } from './runner.mjs'

const bash = (script, ...given) => {
  const { status, stdout, stderr } = spawnSync('bash', [
    '-c',
    `set -euo pipefail; . '${scripts}/workflow.sh'; ${script}`,
    'bash',
    ...given,
  ])
  assert.equal(status, 0, stderr.toString())
  return stdout.toString()
}

/** What is left open at the end of Markdown. */
function open(markdown) {
  let fence = ''
  let details = 0
  for (const line of markdown.split('\n')) {
    const [, mark, rest] = /^ *(`{3,})(.*)$/.exec(line) ?? []
    if (mark && !fence) fence = mark
    else if (mark?.length >= fence.length && !rest.trim()) fence = ''
    else if (!fence) details += (line.match(/<details>/g) ?? []).length - (line.match(/<\/details>/g) ?? []).length
  }
  return { fence, details }
}

test('wherever Markdown is cut, code and details are closed, and it is not too long', (t) => {
  const { folder } = runner(t)
  const part = [
    '<details><summary>Größe</summary>',
    '',
    '````text',
    '```',
    '<details>',
    '````` not an end',
    '````',
    '- in a list',
    '  ```',
    '  code',
    '  ```',
    '',
    '</details>',
    '',
  ].join('\n')
  const file = join(folder, 'report.md')
  writeFileSync(file, part.repeat(5))
  const sizes = Array.from({ length: 200 }, (_, i) => 60 + i * 2)
  const all = bash('for size in "${@:2}"; do bounded "$1" "$size" NOTE; printf "\\0"; done', file, ...sizes).split('\0')
  sizes.forEach((size, index) => {
    const cut = all[index]
    assert.ok(Buffer.byteLength(cut) <= size, `${size}: ${cut}`)
    assert.deepEqual(open(cut), { fence: '', details: 0 }, `${size}: ${cut}`)
    assert.ok(cut.endsWith('\nNOTE\n'))
  })
})

test('Markdown that fits stays as it is', (t) => {
  const { folder } = runner(t)
  const file = join(folder, 'report.md')
  writeFileSync(file, '```\nopen')
  assert.equal(bash('bounded "$1" 8 NOTE', file), '```\nopen')
})

test('a text in a workflow command is one line, and the runner reads it back', () => {
  const text = '50%\r\n::add-path::/evil %0A'
  const escaped = bash('escape "$1"', text)
  assert.equal(escaped, '50%25%0D%0A::add-path::/evil %250A')
})
