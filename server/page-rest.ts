import { pageBytesMax } from '@contactbook/contract/limits.ts'
import type { Answer, Work } from './book.ts'

// A page of contacts that is read in several slices.

/** The work for the rest of a page; undefined if the page is complete, or another page follows anyway. */
export function workOfRest(work: Work, page: Answer): Work | undefined {
  const { rest, dataJson } = page
  const isOfWholeList = work.input.limit == null
  if (!rest || (isOfWholeList && hasProgressed(work, page))) return undefined
  return { ...work, begun: { ...rest, bytes: Buffer.byteLength(dataJson) } }
}

/**
 * True if the next page begins behind the place where this page began. If a search has not found a contact yet, only the rest
 * of the page records its progress.
 */
export function hasProgressed(work: Work, { next }: Answer): boolean {
  return next !== undefined && next !== work.input.cursor
}

/** The page with the contacts of its rest. */
export function joinPages(page: Answer, more: Answer): Answer {
  if (more.code !== null) return more
  const [listed, added] = [page.dataJson.slice(1, -1), more.dataJson.slice(1, -1)]
  const dataJson = `[${listed}${listed && added && ','}${added}]`
  // The next page finds these contacts again.
  if (Buffer.byteLength(dataJson) > pageBytesMax) return finished(page)
  const contacts = (page.rest?.contacts ?? 0) + (more.rest?.contacts ?? 0)
  return { ...more, dataJson, ...(more.rest && { rest: { ...more.rest, contacts } }) }
}

/** The page as it is, without the rest. */
export function finished(page: Answer): Answer {
  const { rest: _, ...answer } = page
  return answer
}
