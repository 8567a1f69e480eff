import { pageBytesMax } from '@contactbook/contract/limits.ts'
import type { Answer, Work } from './book.ts'

// A page of contacts that is read in several slices.

/** The work for the rest of a page; undefined if the page is complete, or another page follows anyway. */
export function workOfRest(work: Work, { rest, next, dataJson }: Answer): Work | undefined {
  const isOfWholeList = work.input.limit == null
  if (!rest || (isOfWholeList && next)) return undefined
  return { ...work, begun: { ...rest, bytes: Buffer.byteLength(dataJson) } }
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
