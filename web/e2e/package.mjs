// Tests the package `stepcast-client` as its users get it: packed, installed in an empty folder without this checkout, and
// against a real server. In Node, by its example for CI and by programs that lose the connection; in Chromium, by its
// example pages.
//
//   node web/e2e/package.mjs STEPCAST
//
//   CHROMIUM   the browser (default: /usr/bin/chromium)

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { checkPages } from './package/browser.mjs'
import { installPackage } from './package/install.mjs'
import { checkLosses } from './package/losses.mjs'
import { checkProgram, checkTypes } from './package/node.mjs'
import { startPages, startSite } from './package/site.mjs'

async function main(stepcast) {
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-package-'))
  const stops = [() => rmSync(folder, { recursive: true, force: true })]
  try {
    const installed = installPackage(folder)
    const site = await startSite()
    const pages = await startPages(installed)
    stops.unshift(site.stop, pages.stop)
    const world = { stepcast, folder, installed, site, pages }
    checkTypes(world)
    await checkProgram(world)
    await checkLosses(world)
    await checkPages(world)
  } finally {
    for (const stop of stops) await stop()
  }
}

const [stepcast] = process.argv.slice(2)
try {
  if (stepcast === undefined) throw new Error('name the program: node web/e2e/package.mjs STEPCAST')
  await main(stepcast)
  console.log('ok: the packed client runs suites and shows jobs, in Node and in a browser')
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
