// In a zip the names of its parts are not compressed. In lower case, because they are compared without case.
const namesInZip = ['vbaproject.bin', 'xl/macrosheets/', 'basic/script-l', 'scripts/python/', 'scripts/javascript/']

// The record of a PowerPoint file that says whether it has macros: VBAInfoContainer around VBAInfoAtom, MS-PPT 2.4.10.
const powerPointRecord = Buffer.from('1f00ff0314000000020000040c000000', 'hex')

/** The position of the macro flag in the record, in bytes. */
const powerPointFlagAt = 20

/** Searches an office document, as a stream, for the parts that only documents with macros have. */
export class MacroSearch {
  found = false
  /** The last bytes received, as long as any pattern, which may be split between two chunks. */
  #tail = Buffer.alloc(0)
  #searches: ((bytes: Buffer) => boolean) | undefined
  #isFirst = true

  add(piece: Uint8Array): void {
    const bytes = Buffer.concat([this.#tail, piece])
    if (this.#isFirst) this.#searches = searchFor(bytes)
    // A first chunk that is too short is searched together with the next.
    this.#isFirst &&= bytes.length < 4
    this.found ||= this.#searches?.(bytes) ?? false
    this.#tail = this.#searches || this.#isFirst ? bytes.subarray(-tailLength) : Buffer.alloc(0)
  }
}

const tailLength = powerPointFlagAt + 4

function searchFor(bytes: Buffer): ((bytes: Buffer) => boolean) | undefined {
  if (bytes.indexOf('PK\u0003\u0004', 0, 'latin1') === 0) return hasNameInZip
  return bytes.indexOf('d0cf11e0', 0, 'hex') === 0 ? hasPowerPointMacros : undefined
}

function hasNameInZip(bytes: Buffer): boolean {
  const text = bytes.toString('latin1').toLowerCase()
  return namesInZip.some((name) => text.includes(name))
}

function hasPowerPointMacros(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(powerPointRecord); at >= 0; at = bytes.indexOf(powerPointRecord, at + 1)) {
    if (bytes[at + powerPointFlagAt] === 1) return true
  }
  return false
}
