import { fileURLToPath } from 'node:url'
import { writeEnvelope } from '@contactbook/contract/envelope.ts'
import { addRequests, type ListedContact, pageSize } from './cases.ts'
import { type LoadResult, type LoadTool, measureLoad } from './load.ts'
import { person, seededRandom } from './people.ts'
import type { BenchAccount } from './served-book.ts'
import { firstLine, start, stop } from './workbench.ts'

/** The bare server under the same load: with the bytes of one contact, and with those of a page. */
export type Echo = { small: LoadResult; page: LoadResult }

/** As many bytes as addContact answers. */
export const smallAnswerBytes = 470

const startTimeoutMs = 10_000

/** Measures the bare server: what HTTP in Node costs on this machine, before any of our work. */
export async function measureEcho(tool: LoadTool, seconds: number): Promise<Echo> {
  const child = start('node', [fileURLToPath(new URL('./echo-server.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await firstLine(child, startTimeoutMs)
    const adds = addRequests([nobody]).map((request) => ({ ...request, path: `/${smallAnswerBytes}` }))
    const read = { method: 'GET', path: `/${pageAnswerBytes()}`, headers: nobody.headers, body: '' } as const
    const small = await measureLoad(tool, { url, seconds, requests: adds })
    const page = await measureLoad(tool, { url, seconds, requests: [read] })
    return { small, page }
  } finally {
    await stop(child)
  }
}

/** How many bytes a page of contacts with one tag each is. */
export function pageAnswerBytes(): number {
  const random = seededRandom(6)
  const contacts = Array.from({ length: pageSize }, (_, place) =>
    listed(person(random, String(place).padStart(9, '0'))),
  )
  const dataJson = JSON.stringify(contacts)
  const [status, environment] = ['Transaction Successful', 'SANDBOX'] as const
  const ipayUuid = 'h00599219842-6eda-44a4-bb0d-f23353f11f62-AbCdEfGhIjKl'
  return Buffer.byteLength(
    writeEnvelope({ statuscode: 'TXN', status, dataJson, answeredAtMs: 0, ipayUuid, environment }),
  )
}

const userId = 189_590
const tagId = '645b280e95335f08eb021aa2'
const stamp = '2023-05-10T05:14:35.381000Z'

// The headers of a caller, so that the bare server has as much to read.
const nobody: BenchAccount = {
  userId,
  tagIds: [tagId],
  headers: {
    'X-Ipay-Auth-Code': '1',
    'X-Ipay-Client-Id': 'A'.repeat(44),
    'X-Ipay-Client-Secret': '0'.repeat(64),
    'X-Ipay-Endpoint-Ip': '103.12.45.6',
    'Content-Type': 'application/json',
  },
}

function listed(fields: ReturnType<typeof person>): ListedContact {
  const tag = { _id: tagId, userId, name: 'Vendors 1', hexColorCode: '#FF1934', updated_at: stamp, created_at: stamp }
  return { _id: tagId, userId, ...fields, callingCode: '91', tagId: [tagId], tags: [tag] }
}
