import { pageBytesMax } from '@contactbook/contract/limits.ts'
import type { Answer, Work } from './book.ts'

// A page of contacts that is read in several goes.

/** The work for the rest of a page; undefined where the page is finished, or another page follows it anyway. */
export function workOfRest(work: Work, { rest, next, dataJson }: Answer): Work | undefined {
  const isOfWholeList = work.input.limit == null
  if (!rest || (isOfWholeList && next)) return undefined
  return { ...work, begun: { ...rest, bytes: Buffer.byteLength(dataJson) } }
}

/** The page with what was found for the rest of it. */
export function joinPages(page: Answer, more: Answer): Answer {
  if (more.code !== null) return more
  const [listed, added] = [page.dataJson.slice(1, -1), more.dataJson.slice(1, -1)]
  const dataJson = `[${listed}${listed && added && ','}${added}]`
  // What was found is found again by the page that follows.
  if (Buffer.byteLength(dataJson) > pageBytesMax) return finished(page)
  const contacts = (page.rest?.contacts ?? 0) + (more.rest?.contacts ?? 0)
  return { ...more, dataJson, ...(more.rest && { rest: { ...more.rest, contacts } }) }
}

/** The page as it is, without the rest. */
export function finished(page: Answer): Answer {
  const { rest: _, ...answer } = page
  return answer
}
