import { fileURLToPath } from 'node:url'
import { writeEnvelope } from '@contactbook/contract/envelope.ts'
import type { ReplyOf } from '@contactbook/contract/routes.ts'
import { addRequests, pageSize } from './contact-requests.ts'
import { type LoadRequest, type LoadResult, type LoadTool, measureLoad } from './load.ts'
import { addNoteRequests, contactPerson, personsOfOne } from './part-requests.ts'
import { person, type Random, seededRandom } from './people.ts'
import type { BenchAccount } from './served-book.ts'
import { emptyWalk, type ListedContact } from './walk.ts'
import { firstLine, start, stop } from './workbench.ts'

/** What the bare server can take and answer, always as many bytes as the service: a contact, a list, or a file. */
export const echoKinds = ['small', 'persons', 'page', 'upload'] as const

/** A kind of the list above. */
export type EchoKind = (typeof echoKinds)[number]

/** The bare server under the same loads; only those that something is compared with. */
export type Echo = Partial<Record<EchoKind, LoadResult>>

const startTimeoutMs = 10_000

/** Measures the bare server: what HTTP in Node costs on this machine, before any of our work. */
export async function measureEcho(tool: LoadTool, seconds: number, kinds: EchoKind[]): Promise<Echo> {
  const child = start('node', [fileURLToPath(new URL('./echo-server.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await firstLine(child, startTimeoutMs)
    const echo: Echo = {}
    for (const kind of kinds) {
      const requests = sent[kind]().map((request) => ({ ...request, path: `/${answerBytes(kind)}` }))
      echo[kind] = await measureLoad(tool, { url, seconds, requests })
    }
    return echo
  } finally {
    await stop(child)
  }
}

const userId = 189_590
const someId = '645b280e95335f08eb021aa2'
const stamp = '2023-05-10T05:14:35.381000Z'

// The headers of a caller, so that the bare server has as much to read.
const nobody: BenchAccount = {
  userId,
  tagIds: [someId],
  headers: {
    'X-Ipay-Auth-Code': '1',
    'X-Ipay-Client-Id': 'A'.repeat(44),
    'X-Ipay-Client-Secret': '0'.repeat(64),
    'X-Ipay-Endpoint-Ip': '103.12.45.6',
    'Content-Type': 'application/json',
  },
}

const reads = (): LoadRequest[] => [{ method: 'GET', path: '', headers: nobody.headers, body: '' }]

const sent: Record<EchoKind, () => LoadRequest[]> = {
  small: () => addRequests([nobody]),
  persons: reads,
  page: reads,
  upload: () => addNoteRequests({ accounts: [nobody], walk: { ...emptyWalk, gcIds: [someId] } }),
}

// As many bytes as addContact answers; the other answers that are no lists differ little from it.
const smallAnswerBytes = 470

/** How many bytes the bare server answers. */
export function answerBytes(kind: EchoKind): number {
  switch (kind) {
    case 'persons':
      return listBytes(personsOfOne, listedPerson)
    case 'page':
      return listBytes(pageSize, listedContact)
    default:
      return smallAnswerBytes
  }
}

function listBytes(length: number, listed: (random: Random, place: number) => unknown): number {
  const random = seededRandom(6)
  const dataJson = JSON.stringify(Array.from({ length }, (_, place) => listed(random, place)))
  const [status, environment] = ['Transaction Successful', 'SANDBOX'] as const
  const ipayUuid = 'h00599219842-6eda-44a4-bb0d-f23353f11f62-AbCdEfGhIjKl'
  return Buffer.byteLength(
    writeEnvelope({ statuscode: 'TXN', status, dataJson, answeredAtMs: 0, ipayUuid, environment }),
  )
}

function listedContact(random: Random, place: number): ListedContact {
  const fields = person(random, String(place).padStart(9, '0'))
  const tag = { _id: someId, userId, name: 'Vendors 1', hexColorCode: '#FF1934', updated_at: stamp, created_at: stamp }
  return { _id: someId, userId, ...fields, callingCode: '91', tagId: [someId], tags: [tag] }
}

function listedPerson(random: Random, place: number): ReplyOf<'listPersons'>[number] {
  const fields = contactPerson(random, place)
  return { _id: someId, gcId: someId, ...fields, callingCode: '+91', updated_at: stamp, created_at: stamp }
}
