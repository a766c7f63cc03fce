import { describe, expect, it } from 'vitest'
import { isBounded } from './xpath'

// What an XPath selects is checked in a browser, by `e2e/recording.mjs`.
describe('an XPath', () => {
  it.each([
    '//h1',
    '/html/body//ul/li[2]/a/@href',
    '//a[contains(., "//") and not(@rel)]',
    "//tr[td[1]/text() = '..']//b",
    '//li[.//a]',
    '(//p | //li)[last()]',
    '/html/body/div[1]/div[2]/div[1]/ul/li[3]/a[1]/b[1]/i[1]',
    '//li[@class!="a" and 2 < count(b)]',
    '//li[position() >= 2]',
    '//*[normalize-space(.) = "a"]/..',
  ])('is tried if it goes down from each element at most: %s', (path) => expect(isBounded(path)).toBe(true))

  it.each([
    '//*[count(//*) > 0]',
    '//*[//a]',
    '//*[a | /html]',
    '//*[(/html//*)]',
    '//*[../*]',
    '//*[.//*[.//*]]',
    '//*[following-sibling::*]',
    '//*/preceding::*',
    '//*//*//*//*//*',
    '//*[concat(.,.,.)]',
    '//*[id(.)]',
    `//*[${'string('.repeat(7)}.${')'.repeat(7)}]`,
    '//*[$a]',
    '//*[. = b]',
    '//*[b!=.]',
    '//*[h1 >= h2]',
    `//*[${'.+'.repeat(7)}1]`,
    `//*${'[a]'.repeat(7)}`,
  ])('is not tried if it could visit the page many times: %s', (path) => expect(isBounded(path)).toBe(false))
})
