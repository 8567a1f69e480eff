import { type FileHandle, open } from 'node:fs/promises'
import { done, type Outcome, refused } from '../domain/outcome.ts'

// Files of OLE, as Word, Excel and PowerPoint wrote them before 2007: a small file system of streams, MS-CFB. Installers,
// messages and many others have the same format, and only the names of the streams distinguish them.

/** Sectors of a directory that are read at most; each has 4 or 32 entries. */
const directorySectorsMax = 2_048

/** The name of the main stream, in the root of the file, by kind of document. */
const kindsByStream: Readonly<Record<string, string>> = {
  WordDocument: 'application/msword',
  Workbook: 'application/vnd.ms-excel',
  Book: 'application/vnd.ms-excel',
  'PowerPoint Document': 'application/vnd.ms-powerpoint',
}

const macroStorages = new Set(['Macros', '_VBA_PROJECT_CUR', 'VBA', '_VBA_PROJECT'])

/** The class of an installer, in the root of its file. */
const installerClass = '84100c0000000000c000000000000046'

/** The kind of a file of OLE, by its directory. */
export async function compoundKind(path: string): Promise<Outcome<string[], string>> {
  const handle = await open(path, 'r')
  try {
    const entries = await new CompoundFile(handle).directory()
    const names = new Set(entries.map(({ name }) => name))
    if (entries[0]?.classId === installerClass) return refused('a Windows installer')
    if (names.has('EncryptedPackage')) return refused('an encrypted office document')
    if (entries.some(({ name }) => macroStorages.has(name))) return refused('an office document with macros')
    const [type] = Object.entries(kindsByStream).flatMap(([stream, kind]) => (names.has(stream) ? kind : []))
    return type ? done([type]) : refused('of an unknown kind')
  } finally {
    await handle.close()
  }
}

type Entry = { name: string; classId: string }

/** Reads the directory of a file, a sector at a time; empty for a file of another format. */
class CompoundFile {
  readonly #handle: FileHandle
  #sectorShift = 9
  /** The positions of the allocation table, which has the next sector of each sector. */
  #tableSectors: number[] = []

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async directory(): Promise<Entry[]> {
    const header = await this.#read(0, 512)
    if (header.length < 512) return []
    this.#sectorShift = header.readUInt16LE(30) === 12 ? 12 : 9
    await this.#readTableSectors(header)
    const entries: Entry[] = []
    let sector = header.readUInt32LE(48)
    for (let count = 0; isSector(sector) && count < directorySectorsMax; count++) {
      entries.push(...entriesOf(await this.#sector(sector)))
      sector = await this.#following(sector)
    }
    return entries
  }

  /** The first 109 are in the header, others in a chain of sectors. */
  async #readTableSectors(header: Buffer): Promise<void> {
    this.#tableSectors = numbersOf(header.subarray(76))
    const perSector = (1 << (this.#sectorShift - 2)) - 1
    let sector = header.readUInt32LE(68)
    for (let count = 0; isSector(sector) && count < directorySectorsMax; count++) {
      const numbers = numbersOf(await this.#sector(sector))
      this.#tableSectors.push(...numbers.slice(0, perSector))
      sector = numbers[perSector] ?? endOfChain
    }
  }

  async #following(sector: number): Promise<number> {
    const shift = this.#sectorShift - 2
    const table = this.#tableSectors[sector >>> shift]
    if (table === undefined || !isSector(table)) return endOfChain
    const place = (sector & ((1 << shift) - 1)) * 4
    const bytes = await this.#read(this.#placeOf(table) + place, 4)
    return bytes.length === 4 ? bytes.readUInt32LE(0) : endOfChain
  }

  #sector(sector: number): Promise<Buffer> {
    return this.#read(this.#placeOf(sector), 1 << this.#sectorShift)
  }

  #placeOf(sector: number): number {
    return (sector + 1) * 2 ** this.#sectorShift
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(length), 0, length, position)
    return buffer.subarray(0, bytesRead)
  }
}

const endOfChain = 0xffff_fffe

function isSector(number: number): boolean {
  return number < 0xffff_fffa
}

function numbersOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length >> 2 }, (_, place) => bytes.readUInt32LE(place * 4))
}

const entryBytes = 128

function entriesOf(sector: Buffer): Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at + entryBytes <= sector.length; at += entryBytes) {
    const nameBytes = Math.min(sector.readUInt16LE(at + 64), 64)
    // Without the NUL at its end; an unused entry has no name at all.
    if (nameBytes < 2) continue
    const name = sector.toString('utf16le', at, at + nameBytes - 2)
    entries.push({ name, classId: sector.toString('hex', at + 80, at + 96) })
  }
  return entries
}
