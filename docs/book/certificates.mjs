// Certificates for the recipe about them, made by openssl: an authority, a server and a client of it.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const NAMES = 'subjectAltName=DNS:localhost,DNS:staging.shop.example,DNS:partners.shop.example'

/** Writes the files that the recipe names into a folder, and returns the options of TLS servers. */
export function makeCertificates(folder) {
  const openssl = (...words) => execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'staging-ca.pem',
    '-days',
    '365',
    '-subj',
    '/O=The Paper Lantern/CN=Staging CA',
  )
  const issue = (name, subject, days) => {
    writeFileSync(join(folder, 'names'), NAMES)
    openssl('req', ...key, '-keyout', `${name}.key.pem`, '-out', 'request', '-subj', subject)
    openssl(
      'x509',
      '-req',
      '-in',
      'request',
      '-CA',
      'staging-ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      String(days),
      '-extfile',
      'names',
      '-out',
      `${name}.pem`,
    )
    return { cert: readFileSync(join(folder, `${name}.pem`)), key: readFileSync(join(folder, `${name}.key.pem`)) }
  }
  issue('client', '/CN=stepcast', 90)
  const ca = readFileSync(join(folder, 'staging-ca.pem'))
  return {
    good: issue('server', '/CN=staging.shop.example', 90),
    soon: issue('soon', '/CN=staging.shop.example', 7),
    partners: {
      ...issue('partners', '/CN=partners.shop.example', 90),
      ca,
      requestCert: true,
      rejectUnauthorized: true,
    },
  }
}
