import { createHmac, timingSafeEqual } from 'node:crypto'

const macLength = 16

/** A text that only a holder of the key can have written, as opaque base64url; `about` is signed with it but not in it. */
export function signText(text: string, about: string, key: string): string {
  const payload = Buffer.from(text, 'utf8')
  return Buffer.concat([macOf(payload, about, key), payload]).toString('base64url')
}

/** Reads a signed text, or answers undefined where it was not signed by this key about this. */
export function readSignedText(signed: string, about: string, key: string): string | undefined {
  const bytes = Buffer.from(signed, 'base64url')
  const payload = bytes.subarray(macLength)
  const mac = bytes.subarray(0, macLength)
  if (mac.length !== macLength || !timingSafeEqual(mac, macOf(payload, about, key))) return undefined
  return payload.toString('utf8')
}

function macOf(payload: Buffer, about: string, key: string): Buffer {
  return createHmac('sha256', key).update(about).update(payload).digest().subarray(0, macLength)
}
