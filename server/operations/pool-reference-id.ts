import { indianTime } from '@contactbook/contract/envelope.ts'
import { type ObjectId, secondOf } from '../domain/object-id.ts'

/** `1`, the id's own second in Indian time as `yymmddHHMMSS`, and five capital letters that the rest of the id decides. */
export function poolReferenceId(id: ObjectId): string {
  const digits = indianTime(secondOf(id) * 1000).replace(/\D/g, '')
  return `1${digits.slice(2)}${lettersOf(id)}`
}

// The id's end counts within its second, so that no two ids of one process share both second and letters.
function lettersOf(id: ObjectId): string {
  let rest = Number.parseInt(id.slice(-10), 16)
  let letters = ''
  for (let place = 0; place < 5; place++) {
    letters = String.fromCharCode(65 + (rest % 26)) + letters
    rest = Math.floor(rest / 26)
  }
  return letters
}
