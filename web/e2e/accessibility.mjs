import assert from 'node:assert/strict'
import axe from 'axe-core'

/** Checks the page as it is now with axe-core, in both colour schemes. */
export async function checkAccessibility(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    const { violations, passes } = await page.evaluate(`${axe.source}; axe.run()`)
    assert.ok(passes.length > 0, 'axe-core should have checked something')
    const found = violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(' ')}\n${failureSummary}`),
    )
    assert.deepEqual(found, [], `axe-core finds problems: ${name}, ${colorScheme}`)
  }
}

export async function fitsOnAPhone(page, name) {
  const width = await page.evaluate('document.documentElement.scrollWidth')
  const most = page.viewportSize().width
  assert.ok(width <= most, `${name} should fit on a phone, and is ${width} px wide`)
}
