// Writes the input of bench/engine.sh into FOLDER: a page of 100 KB, and a suite that makes the same 20 checks of it
// repeatedly.
//
//   node bench/engine.mjs FOLDER REQUESTS
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, requests] = process.argv.slice(2)

const product = (number) => `
  <li class="product" data-sku="SKU-${number}">
    <a class="name" href="/products/${number}">Kettle number ${number}</a>
    <p class="text">Boils <b>${number % 4}.5 litres</b> of water &amp; keeps it warm, <i>quietly</i>.</p>
    <span class="price">$${20 + (number % 80)}.99</span> <button class="buy">Buy</button>
  </li>`
const head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kettles</title></head><body><h1>Kettles</h1><ul id="list">'
const tail = '</ul><table id="stock"><tr><td>In stock</td><td>7</td></tr></table></body></html>\n'
let list = ''
for (let number = 1; head.length + list.length + tail.length < 100_000; number++) list += product(number)
writeFileSync(join(folder, 'index.html'), head + list + tail)

const checks = `
      - status: 200
      - header: content-type
        starts_with: text/html
      - url: { contains: '?number=' }
      - redirects: 0
      - size: { between: [90000, 110000] }
      - time: { below: 30s }
      - body: { contains: Kettle number 17 }
      - body: { not_contains: Stack trace }
      - regex: 'data-sku="(SKU-9\\d)"'
        equals: SKU-90
      - css: title
        text: Kettles
      - css: h1
      - css: .product
        count: { at_least: 300 }
      - css: '#list > .product:nth-child(3) a.name'
        attr: href
        equals: /products/3
      - css: .product .price
        matches: ^\\$\\d+\\.99$
      - css: .product[data-sku="SKU-200"] .text
        contains: litres
      - css: button.buy:not([disabled])
        count: { above: 100 }
      - css: html
        attr: lang
        equals: en
      - css: .error
        exists: false
      - xpath: //table[@id='stock']//td[2]
        text: '7'
      - xpath: count(//li/a) > 100
`
const numbers = Array.from({ length: Number(requests) }, (_, number) => number)
writeFileSync(
  join(folder, 'suite.yaml'),
  `suite: One page, 20 checks
defaults: { host: { concurrency: 64 }, timeout: 60s }
vars: { base: http://unset.invalid }
tests:
  - name: Request \${number}
    each: { number: [${numbers}] }
    get: \${base}/?number=\${number}
    expect:${checks}`,
)
