import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const WEB = fileURLToPath(new URL('../..', import.meta.url))

/** What users install beside it and what that needs, as this workspace has it, so that nothing is downloaded. */
const BESIDE = ['ws', 'yaml', '@types/ws', '@types/node', 'undici-types']

/** Packs the client, and installs it in an empty folder. Returns that folder. */
export function installPackage(folder) {
  const [packs, installed] = [join(folder, 'packs'), join(folder, 'installed')]
  mkdirSync(packs)
  mkdirSync(installed)
  npm(join(WEB, 'src/client'), 'pack', '--pack-destination', packs)
  for (const name of BESIDE) npm(WEB, 'pack', `./node_modules/${name}`, '--ignore-scripts', '--pack-destination', packs)
  writeFileSync(join(installed, 'package.json'), '{ "private": true, "type": "module" }\n')
  const files = readdirSync(packs).map((name) => join(packs, name))
  npm(installed, 'install', '--offline', '--no-audit', '--no-fund', ...files)
  const published = readdirSync(join(installed, 'node_modules/stepcast-client'), { recursive: true })
  assert.deepEqual(
    published.filter((name) => /\.test\.|testing/.test(name)),
    [],
    'what only tests need should not be published',
  )
  const examples = join(installed, 'node_modules/stepcast-client/examples')
  for (const name of readdirSync(examples)) copyFileSync(join(examples, name), join(installed, name))
  return installed
}

function npm(cwd, ...args) {
  execFileSync('npm', [...args, '--silent'], { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}
