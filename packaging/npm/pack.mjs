// pack.mjs VERSION TARGET PROGRAM FOLDER: packs the npm packages: `stepcast`, and the one with the program of a platform.

import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(fileURLToPath(import.meta.url))
const LICENCES = ['LICENSE-APACHE', 'LICENSE-MIT']

/** The platforms, by Rust's name and as Node has them in `process.platform` and `process.arch`. */
const PLATFORMS = {
  'x86_64-unknown-linux-gnu': { os: 'linux', cpu: 'x64' },
  'aarch64-unknown-linux-gnu': { os: 'linux', cpu: 'arm64' },
}

const [version, target, program, folder] = process.argv.slice(2)
const platform = PLATFORMS[target]
if (platform === undefined || folder === undefined) {
  process.stderr.write(`usage: pack.mjs VERSION ${Object.keys(PLATFORMS).join('|')} PROGRAM FOLDER\n`)
  process.exit(2)
}

const common = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'))
const nameOf = ({ os, cpu }) => `@stepcast/${os}-${cpu}`

pack({ ...common, version, optionalDependencies: Object.fromEntries(all().map((each) => [nameOf(each), version])) }, (to) => {
  cpSync(join(HERE, 'bin'), join(to, 'bin'), { recursive: true })
  cpSync(join(HERE, 'README.md'), join(to, 'README.md'))
})

const { bin: _, ...rest } = common
const description = `The program of the package stepcast for ${platform.os} on ${platform.cpu}`
// npm installs it only on this platform, and with glibc.
const only = { os: [platform.os], cpu: [platform.cpu], libc: ['glibc'] }
pack({ ...rest, name: nameOf(platform), version, description, ...only }, (to) => {
  mkdirSync(join(to, 'bin'))
  cpSync(program, join(to, 'bin', 'stepcast'))
  chmodSync(join(to, 'bin', 'stepcast'), 0o755)
  writeFileSync(join(to, 'README.md'), `# ${nameOf(platform)}\n\n${description}. Install \`stepcast\`.\n`)
})

function all() {
  return Object.values(PLATFORMS)
}

function pack(manifest, fill) {
  const staging = mkdtempSync(join(tmpdir(), 'stepcast-npm-'))
  try {
    writeFileSync(join(staging, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    for (const licence of LICENCES) cpSync(join(HERE, '../..', licence), join(staging, licence))
    fill(staging)
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: staging, stdio: ['ignore', 'ignore', 'inherit'] })
  } finally {
    rmSync(staging, { recursive: true })
  }
}
