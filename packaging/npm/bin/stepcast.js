#!/usr/bin/env node
// Runs the program of this platform's package, and ends as it does: with its exit code, or with 128 and the number of
// the signal that ended it. A run that was killed is never green.
'use strict'

const { spawn } = require('node:child_process')
const { constants } = require('node:os')

/** What the command says if it cannot tell how a run ended. */
const COULD_NOT_TELL = 3

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

function programOf(platform, architecture) {
  const name = `@stepcast/${platform}-${architecture}`
  try {
    return require.resolve(`${name}/bin/stepcast`)
  } catch {
    return fail(
      `the package \`${name}\` with the program is not installed`,
      'npm leaves it out with `--omit=optional`, and there is one for linux-x64 and linux-arm64',
    )
  }
}

function fail(message, hint) {
  process.stderr.write(`error: ${message}\n\nhint: ${hint}\n`)
  process.exit(COULD_NOT_TELL)
}

const program = spawn(programOf(process.platform, process.arch), process.argv.slice(2), { stdio: 'inherit' })

program.on('error', (error) => {
  fail(
    `the program cannot be started: ${error.message}`,
    'on Linux it needs glibc 2.17 or newer; Alpine has musl instead',
  )
})

for (const signal of FORWARDED) {
  process.on(signal, () => {
    // A terminal sends this to the program as well, and a second one means "at once".
    if (!(signal === 'SIGINT' && process.stdin.isTTY)) program.kill(signal)
  })
}

program.on('exit', (code, signal) => {
  process.exit(signal === null ? (code ?? COULD_NOT_TELL) : 128 + constants.signals[signal])
})
