// How links are written on the site: pages link to pages, files of the site to files, everything else to the repository.
//
// A place is the path of a file in the repository, like `docs/SUITES.md`.
import { posix } from 'node:path'

export const repository = 'https://github.com/stepcast/stepcast'

const FRONT_PAGE = 'docs/guide/README.md'
const ELSEWHERE = /^(?:[a-z][a-z0-9+.-]*:|\/\/|#|$)/i
// A span of code, which stays as it is, or the target of an inline link, or that of a definition (not of a footnote).
const CODE_OR_LINK =
  /(?<code>(?<!`)(`+)(?!`)[^]*?(?<!`)\2(?!`))|(?<open>\]\(<?)(?<target>[^\s()<>]*)|(?<define>^ {0,3}\[(?!\^)[^\]\n]+\]:[ \t]+<?)(?<defined>[^\s<>]+)/gm

/** Where the page of a place stands on the site. The front page of the guide is that of the site. */
export function pageOf(place) {
  if (place === FRONT_PAGE) return 'index.md'
  // Only the front page may be the index of the top folder.
  return place === 'README.md' ? 'readme.md' : place.replace(/\/README\.md$/, '/index.md')
}

/** The places that a summary links to, in order. */
export function placesOf(summary, place) {
  const found = []
  rewrite(summary, (target) => {
    found.push(resolve(place, target).place)
    return target
  })
  return found
}

/**
 * Rewrites the links of a page.
 *
 * `site` says what is where: `isPage`, `isFile` (served as it is) and `kind` (`file`, `folder` or nothing) take a place.
 * `standsAt` is where the page stands on the site. A link to nothing is an error.
 */
export function rewriteLinks(text, place, site, standsAt = pageOf(place)) {
  return rewrite(text, (target, line) => {
    if (ELSEWHERE.test(target)) return target
    const link = resolve(place, target)
    const at = onSite(link.place, site)
    if (at !== undefined) return posix.relative(posix.dirname(standsAt), at) + link.rest
    const kind = site.kind(link.place)
    if (!kind) throw new Error(`${place}:${line}: there is nothing at \`${target}\``)
    return `${repository}/${kind === 'folder' ? 'tree' : 'blob'}/main/${encodeURI(link.place)}${link.rest}`
  })
}

function onSite(place, site) {
  if (site.isPage(place)) return pageOf(place)
  if (site.isPage(`${place}/README.md`)) return pageOf(`${place}/README.md`)
  return site.isFile(place) ? place : undefined
}

function resolve(place, target) {
  const [, path, rest] = /^([^?#]*)(.*)$/.exec(target)
  const resolved = posix.join(posix.dirname(place), decodeURI(path))
  return { place: resolved.replace(/\/$/, ''), rest }
}

/** Replaces the target of every link outside code. Blocks of code are taken out first, since a link cannot hold one. */
function rewrite(text, replace) {
  let line = 1
  return split(text)
    .map(({ isCode, text: part }) => {
      const start = line
      line += part.split('\n').length - 1
      return isCode
        ? part
        : rewritePart(part, (target, offset) => replace(target, start + part.slice(0, offset).split('\n').length - 1))
    })
    .join('')
}

function rewritePart(text, replace) {
  return text.replace(CODE_OR_LINK, (...found) => {
    const { code, open, target, define, defined } = found.at(-1)
    if (code !== undefined) return code
    return open === undefined ? define + replace(defined, found.at(-3)) : open + replace(target, found.at(-3))
  })
}

/** The fenced blocks of a text (https://spec.commonmark.org/0.31.2/#fenced-code-blocks), and what is between them. */
function split(text) {
  const parts = [{ isCode: false, text: '' }]
  let fence
  for (const line of text.split(/(?<=\n)/)) {
    const [, marks, info] = /^[ \t>]*(`{3,}|~{3,})(.*)/.exec(line) ?? []
    const ends = fence && marks?.startsWith(fence) && info.trim() === ''
    if (!fence && marks) {
      fence = marks
      parts.push({ isCode: true, text: '' })
    }
    parts.at(-1).text += line
    if (ends) {
      fence = undefined
      parts.push({ isCode: false, text: '' })
    }
  }
  return parts
}
