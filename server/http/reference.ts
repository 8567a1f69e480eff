import { randomFillSync } from 'node:crypto'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const suffixLength = 12
const bytesPerReference = 10 + suffixLength
// Random bytes are drawn for many references at once; drawing them one by one costs more than all the rest.
const pool = Buffer.alloc(bytesPerReference * 512)
let used = pool.length

/** Makes references: `ipay_uuid`s of a node, each beginning with the arrival time in units of 10 µs. */
export function createReferences(node: string): (arrivedAtMs: number) => string {
  return (arrivedAtMs) => {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const random = pool.subarray(used, used + bytesPerReference)
    used += bytesPerReference
    const time = Math.round(arrivedAtMs * 100)
      .toString(16)
      .padStart(12, '0')
    const hex = random.toString('hex', 0, 9)
    const variant = '89ab'[(random[9] ?? 0) & 3]
    const uuid = `${time.slice(0, 8)}-${time.slice(8, 12)}-4${hex.slice(0, 3)}-${variant}${hex.slice(3, 6)}-${hex.slice(6, 18)}`
    return `h${node}${uuid}-${suffixOf(random.subarray(10))}`
  }
}

function suffixOf(random: Uint8Array): string {
  let suffix = ''
  for (const byte of random) suffix += alphabet[byte % alphabet.length]
  return suffix
}
