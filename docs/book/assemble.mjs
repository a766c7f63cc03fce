// assemble.mjs FOLDER: writes what mdbook reads, from the pages that SUMMARY.md lists.
//
// The pages stay where they are in the repository, so that their links work there too. Here they are copied, with links
// as the site needs them.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pageOf, placesOf, rewriteLinks } from './pages.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const SUMMARY = 'docs/book/SUMMARY.md'
const DECISIONS = 'docs/decisions/README.md'
const target = process.argv[2]

if (!target) throw new Error('give the folder to write to')
try {
  assemble()
} catch (error) {
  console.error(`error: ${error.message}`)
  process.exitCode = 1
}

function assemble() {
  const decisions = filesBelow('docs/decisions').filter(isMarkdown)
  const summary = withDecisions(read(SUMMARY), decisions)
  const pages = new Set(placesOf(summary, SUMMARY))
  const site = {
    isPage: (place) => pages.has(place),
    isFile: (place) => files.includes(place),
    kind: (place) => existsSync(join(root, place)) && (statSync(join(root, place)).isDirectory() ? 'folder' : 'file'),
  }
  const files = filesBelow('docs').filter((place) => !isMarkdown(place) && !place.startsWith('docs/book/'))
  nothingIsLeftOut(pages)

  // Everything is read and rewritten first: an error leaves the site of the last time as it was.
  const written = new Map([['SUMMARY.md', rewriteLinks(summary, SUMMARY, site, 'SUMMARY.md')]])
  for (const place of pages) {
    const text = place === DECISIONS ? listOf(decisions) : read(place)
    written.set(pageOf(place), rewriteLinks(text, place, site))
  }
  rmSync(target, { recursive: true, force: true })
  for (const [page, text] of written) write(page, text)
  for (const file of files) cpSync(join(root, file), join(target, file))
  console.log(`${pages.size} pages in ${target}`)
}

/** The summary has one line for all decisions, so that nobody has to add a new one there. */
function withDecisions(summary, decisions) {
  return summary.replace(/^( *)(- \[.*\])\(\.\.\/decisions\)$/m, (_, indent, item) => {
    const lines = decisions.map((place) => `${indent}  - [${titleOf(place)}](../../${place})`)
    return [`${indent}${item}(../decisions/README.md)`, ...lines].join('\n')
  })
}

function listOf(decisions) {
  const items = decisions.map((place) => `- [${titleOf(place)}](${place.split('/').pop()})`)
  return `# Decisions\n\nThe reasons for choices that look odd at first.\n\n${items.join('\n')}\n`
}

function nothingIsLeftOut(pages) {
  const missing = filesBelow('docs').filter((place) => isMarkdown(place) && place !== SUMMARY && !pages.has(place))
  if (missing.length) throw new Error(`${SUMMARY} does not list ${missing.join(', ')}\n\nhint: add a line for each`)
}

function titleOf(place) {
  return /^# (.*)$/m.exec(read(place))[1]
}

function filesBelow(folder) {
  const found = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}

function isMarkdown(place) {
  return extname(place) === '.md'
}

function read(place) {
  return readFileSync(join(root, place), 'utf8')
}

function write(page, text) {
  mkdirSync(dirname(join(target, page)), { recursive: true })
  writeFileSync(join(target, page), text)
}
