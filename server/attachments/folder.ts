import { createHash, randomBytes } from 'node:crypto'
import { constants, mkdirSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { contentHash, isStoredFile } from '../domain/attachment.ts'
import { done, type Outcome, refused } from '../domain/outcome.ts'
import { StoreUnreachable } from '../storage/store.ts'
import type { Attachments, OpenFile, ReceivedFile, ReceiveRefusal } from './attachments.ts'
import { KindFinder } from './kind.ts'
import { VerifiedStream } from './verified-stream.ts'

/**
 * Opens a folder of attachments, and makes it if need be. What was received lies in `incoming/<userId>-<file>`, what is
 * kept in `<userId>/<file>`; nobody but the owner of the process may look into it.
 */
export function openAttachmentsFolder(dir: string): Attachments {
  mkdirSync(join(dir, 'incoming'), { recursive: true, mode: 0o700 })
  return new AttachmentsFolder(dir)
}

class AttachmentsFolder implements Attachments {
  readonly #dir: string
  readonly #incoming: string

  constructor(dir: string) {
    this.#dir = dir
    this.#incoming = join(dir, 'incoming')
  }

  async receive(userId: number, content: Readable, bytesMax: number) {
    const id = randomBytes(12).toString('hex')
    const draft = join(this.#incoming, `${checkOwner(userId)}-${id}.draft`)
    try {
      const written = await writeDraft(draft, content, bytesMax)
      if (written.ok) return done(await this.#finish(userId, draft, id, written.value))
      await onDisk(() => rm(draft))
      return written
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {})
      throw error
    }
  }

  async #finish(userId: number, draft: string, id: string, { hash, ...written }: Written): Promise<ReceivedFile> {
    const file = `${hash}-${id}`
    await onDisk(async () => {
      await rename(draft, this.#received(userId, file))
      await syncFolder(this.#incoming)
    })
    return { file, ...written }
  }

  async keep(userId: number, file: string): Promise<void> {
    const [from, to] = [this.#received(userId, file), this.#kept(userId, file)]
    // Not synced: as long as the move is not on disk, the file is on disk where it was.
    await onDisk(async () => {
      await mkdir(join(this.#dir, String(userId)), { recursive: true, mode: 0o700 })
      await ifThere(rename(from, to))
    })
  }

  async discard(userId: number, file: string): Promise<void> {
    await onDisk(() => rm(this.#received(userId, file), { force: true }))
  }

  async remove(userId: number, file: string): Promise<void> {
    for (const path of [this.#received(userId, file), this.#kept(userId, file)]) {
      await onDisk(() => rm(path, { force: true }))
    }
  }

  async open(userId: number, file: string): Promise<OpenFile | undefined> {
    if (!isOwner(userId) || !isStoredFile(file)) return undefined
    const [kept, received] = [this.#kept(userId, file), this.#received(userId, file)]
    // It may be moved after the first look and before the second; then the third finds it.
    for (const path of [kept, received, kept]) {
      const found = await onDisk(() => openFile(path, contentHash(file)))
      if (found) return found
    }
    return undefined
  }

  async settleIncoming(isNamed: (userId: number, file: string) => Promise<boolean>, olderThanMs: number) {
    for (const name of await onDisk(() => readdir(this.#incoming))) {
      const path = join(this.#incoming, name)
      const changed = await onDisk(() => ifThere(stat(path)))
      // Files have the time of the machine, whatever clock the service goes by.
      if (!changed || Date.now() - changed.mtimeMs < olderThanMs) continue
      const [, owner = '', file] = /^(\d+)-([0-9a-f]{64}-[0-9a-f]{24})$/.exec(name) ?? []
      if (file === undefined) await onDisk(() => rm(path, { recursive: true, force: true }))
      else if (await isNamed(Number(owner), file)) await this.keep(Number(owner), file)
      else await this.discard(Number(owner), file)
    }
  }

  #received(userId: number, file: string): string {
    return join(this.#incoming, `${checkOwner(userId)}-${checkFile(file)}`)
  }

  #kept(userId: number, file: string): string {
    return join(this.#dir, checkOwner(userId), checkFile(file))
  }
}

function isOwner(userId: number): boolean {
  return Number.isSafeInteger(userId) && userId >= 0
}

function checkOwner(userId: number): string {
  if (!isOwner(userId)) throw new RangeError('No account has this userId')
  return String(userId)
}

function checkFile(file: string): string {
  if (!isStoredFile(file)) throw new RangeError('No stored file has a name of this form')
  return file
}

type Written = Omit<ReceivedFile, 'file'> & { hash: string }

/** Writes a content to a new file and waits until it is on disk. */
async function writeDraft(
  path: string,
  content: Readable,
  bytesMax: number,
): Promise<Outcome<Written, ReceiveRefusal>> {
  // An error that comes before the loop below listens is thrown by it all the same.
  content.on('error', () => {})
  const handle = await onDisk(() => open(path, 'wx', 0o600))
  try {
    const hash = createHash('sha256')
    const kind = new KindFinder()
    let bytes = 0
    for await (const chunk of content.iterator({ destroyOnReturn: false })) {
      const piece: Uint8Array = chunk
      bytes += piece.length
      if (bytes > bytesMax) return refused({ code: 'too_large' })
      hash.update(piece)
      kind.add(piece)
      await onDisk(() => handle.writeFile(piece))
    }
    const types = await onDisk(() => kind.find(path))
    if (!types.ok) return refused({ code: 'kind_refused', found: types.refusal })
    await onDisk(() => handle.sync())
    return done({ hash: hash.digest('hex'), bytes, types: types.value })
  } finally {
    await onDisk(() => handle.close())
  }
}

// Symbolic links are not followed, and opening a named pipe does not block.
const readOnly = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

async function openFile(path: string, hash: string): Promise<OpenFile | undefined> {
  const handle = await ifThere(open(path, readOnly))
  if (!handle) return undefined
  try {
    const found = await handle.stat()
    if (found.isFile()) return { stream: verified(handle, hash), bytes: found.size }
    await handle.close()
    return undefined
  } catch (error) {
    await handle.close()
    throw error
  }
}

function verified(handle: FileHandle, hash: string): Readable {
  const stream = new VerifiedStream(hash)
  // The stream reports read errors, and closes the file when it is destroyed.
  pipeline(handle.createReadStream(), stream).catch(() => {})
  return stream
}

// The new name itself is on disk only once the folder is.
async function syncFolder(path: string): Promise<void> {
  const folder: FileHandle = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function ifThere<Value>(asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isDiskError(error) && notThere.has(error.code)) return undefined
    throw error
  }
}

// The errors of a path that does not exist, or leads through a symbolic link.
const notThere = new Set<string | undefined>(['ENOENT', 'ELOOP'])

/** What the operating system refuses is the store's trouble; anything else is a fault of ours and stays what it is. */
async function onDisk<Value>(act: () => Promise<Value>): Promise<Value> {
  try {
    return await act()
  } catch (error) {
    if (!isDiskError(error)) throw error
    throw new StoreUnreachable('The attachments cannot be read or written.', { cause: error })
  }
}

function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
