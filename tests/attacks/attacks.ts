import { multipartBody } from '../fixtures/multipart.ts'
import { meera } from '../fixtures/people.ts'
import { requestText } from '../fixtures/raw-request.ts'
import type { Attacker } from './attacker.ts'

// The attacks, each bounded in connections and bytes. One resolves when it is under way; what it has opened stays open
// until the attacker stops.

/** One attack: what it is called, and how it is begun. */
export type Attack = { name: string; begin: (attacker: Attacker) => Promise<void> }

/** A request whose answer is a page as long as a page may be. */
const page = '/contacts/profile?limit=1000'

/** Words that are in every name of the large account; a search for all of them is as costly as a search may be. */
export const words = Array.from({ length: 16 }, (_, place) => `w${String.fromCharCode(97 + place)}`)

const costlyList = `/contacts/profile?q=${words.join('+')}&sort=name&limit=1000`
const oneMiB = 1_048_576

/** All attacks over HTTP without TLS. */
export const attacks: Attack[] = [
  {
    name: 'pages are asked for a hundred times over each connection, and nothing is read',
    begin: async (attacker) => attacker.sendMany(20, () => attacker.textOf('GET', page).repeat(100)),
  },
  {
    name: 'many whole lists are asked for, and read slowly or not at all',
    begin: async (attacker) => {
      for (let number = 0; number < 160; number++) {
        const socket = await attacker.send(attacker.textOf('GET', '/contacts/profile'))
        // Every second one reads a little now and then.
        if (number % 2 === 0) trickle(attacker, () => socket.read(1))
      }
    },
  },
  {
    name: 'forty costly searches run at all times',
    begin: async (attacker) => {
      for (let number = 0; number < 40; number++) void repeat(attacker, () => attacker.mallory.call('GET', costlyList))
    },
  },
  {
    name: 'bodies are nested thousands deep',
    begin: async (attacker) => {
      const deep = `${'['.repeat(3_500)}${']'.repeat(3_500)}`
      const body = `{"name":"x","tagDetails":[{"tagId":"${'0'.repeat(24)}","x":${deep}}]}`
      const headers = (number: number) => (number % 2 === 0 ? {} : { 'Idempotency-Key': `deep-${number}` })
      await inTurns(attacker, 20, (number) => attacker.mallory.call('POST', '/contacts/profile', body, headers(number)))
    },
  },
  {
    name: 'texts have tens of thousands of combining marks',
    begin: async (attacker) => {
      const marks = `a${'\u0301'.repeat(60_000)}${'\u0323'.repeat(60_000)}`
      const form = multipartBody([
        { name: 'gcId', value: '0'.repeat(24) },
        { name: 'note', value: marks.slice(0, 30_000) },
      ])
      const { mallory, url } = attacker
      await inTurns(attacker, 12, async (number) => {
        if (number % 3 === 0) return mallory.call('POST', '/contacts/tag', { name: marks, hexColorCode: '#FF1934' })
        if (number % 3 === 1) return mallory.call('GET', '/contacts/profile', { q: marks })
        const headers = { ...mallory.headers, 'Content-Type': form.contentType }
        const { body } = form
        return (await fetch(`${url}/contacts/note`, { method: 'POST', headers, body: Uint8Array.from(body) })).text()
      })
    },
  },
  {
    name: 'calls with bodies of a mebibyte ask to be delayed',
    begin: async (attacker) => {
      const body = JSON.stringify({ name: 'x', hexColorCode: '#FF1934', filling: 'x'.repeat(oneMiB - 100) })
      const text = Buffer.from(attacker.textOf('POST', '/contacts/tag', body, { 'Contactbook-Fault': 'slow=60000' }))
      await attacker.sendMany(300, () => text)
    },
  },
  {
    name: 'all connections are taken and idle',
    begin: async (attacker) => {
      const once = requestText('GET', '/healthz', { Connection: 'keep-alive' })
      await attacker.sendMany(1_500, (number) => (number % 2 === 0 ? '' : once))
    },
  },
  {
    name: 'uploads are sent that have to be rejected',
    begin: async (attacker) => {
      const { mallory, url } = attacker
      const file = { name: 'files[]', fileName: 'a.txt', value: 'x'.repeat(200_000) }
      const { body, contentType } = multipartBody([
        { name: 'note', value: 'Rejected' },
        file,
        { name: 'gcId', value: '0'.repeat(24) },
      ])
      const headers = { ...mallory.headers, 'Content-Type': contentType }
      const send = async () =>
        (await fetch(`${url}/contacts/note`, { method: 'POST', headers, body: Uint8Array.from(body) })).text()
      await inTurns(attacker, 60, send)
    },
  },
]

/** Gives the attacker's account contacts whose pages are long. */
export async function fillLargeAccount({ mallory }: Attacker, contacts = 1_000): Promise<void> {
  const tagIds: string[] = []
  for (let number = 0; number < 100; number++) tagIds.push(await mallory.tag(`${number} ${'x'.repeat(58)}`))
  const tagDetails = tagIds.map((tagId) => ({ tagId }))
  for (let first = 0; first < contacts; first += 50) {
    const add = (_: unknown, place: number) =>
      mallory.contact({
        ...meera(tagIds[0] ?? '', {
          name: `${words.join(' ')} ${first + place}`,
          email: `m${first + place}@example.in`,
        }),
        tagDetails,
      })
    await Promise.all(Array.from({ length: 50 }, add))
  }
}

/** Runs so many calls, a few at a time, whatever is answered. */
async function inTurns(attacker: Attacker, count: number, call: (number: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count && !attacker.isOver) await call(next++).catch(() => {})
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}

async function repeat(attacker: Attacker, call: () => Promise<unknown>): Promise<void> {
  while (!attacker.isOver) await call().catch(() => {})
}

function trickle(attacker: Attacker, read: () => unknown): void {
  const timer = setInterval(() => (attacker.isOver ? clearInterval(timer) : read()), 500)
}
