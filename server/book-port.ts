import type { Answer, Work } from './book.ts'
import type { ChangeInput, ChangeName, ChangeOutcome } from './operations/changes.ts'
import type { DirectoryEntry } from './operations/directory.ts'
import type { ReadBook } from './storage/store.ts'

/** What a book tells its service without being asked. */
export type BookEvents = {
  /** A group of writes was committed. */
  onGroup: (timing: { size: number; workMs: number; commitMs: number }) => void
  /** Something is wrong, but the book goes on. */
  onTrouble: (error: Error) => void
  /** The files of the book were removed or replaced: writes are rejected until they are back. */
  onFilesLost: (error: Error) => void
  /** The book cannot go on; the process has to end. */
  onDeath: (error: Error) => void
}

/** The reads of the service itself, outside of operations. */
export const serviceReads = [
  'listAccounts',
  'findAccount',
  'listCredentials',
  'findCredential',
  'setting',
  'hasContact',
  'newestChangeMs',
  'listParts',
  'dueVerifications',
  'findVerification',
  'lastWalletEntry',
  'listWalletEntries',
  'hasFile',
  'releasedFiles',
] as const satisfies readonly (keyof ReadBook)[]

/** Where all accounts and credentials are kept in memory. */
export interface DirectoryMemory {
  /** Takes over accounts, each unless a later version of it is known. */
  refresh(entries: DirectoryEntry[]): void
  /** Takes over all accounts there are, whatever was known of them. */
  replace(entries: DirectoryEntry[]): void
}

/**
 * A book as the service uses it, wherever it is kept.
 *
 * Methods reject with `StoreUnreachable` while the store cannot be asked, with `QueueFull` beyond the limit of waiting
 * requests, and with anything else for a fault of ours. An answer resolves only after its commit is on disk.
 */
export interface Book {
  /** Resolves once the book can answer. */
  opened(): Promise<void>
  /**
   * A read rejects with `ReadTooSlow` after the time limit of reads, waiting included. If its signal aborts, it is cancelled,
   * waiting or running, and rejects with the signal's reason. Writes are not cancelled.
   */
  answer(work: Work, signal?: AbortSignal): Promise<Answer>
  /** What is left of the time of a request that has waited for the book already, so many milliseconds. */
  requestTime(spentMs: number): RequestTime
  change<Name extends ChangeName>(name: Name, input: ChangeInput<Name>): Promise<ChangeOutcome<Name>>
  /** What the service itself reads, beside the calls of the wire, as last committed. */
  readonly reads: Pick<ReadBook, (typeof serviceReads)[number]>
  /** From the opening of the book on, has the directory take over what other processes change. */
  watchDirectory(directory: DirectoryMemory): Promise<void>
  /** Forgets answers kept before a moment, and tells how many. */
  sweep(keptBeforeMs: number): Promise<number>
  /** Why writes are rejected now, in a sentence without paths; undefined while they are accepted. */
  writeOutage(): string | undefined
  /** Requests waiting, and contact changes that the index has still to learn. */
  load(): { queueDepth: number; indexBehind: number }
  /** Finishes what was given and closes the store. */
  close(): Promise<void>
}

/** The time of one request, however many things it asks of the book. */
export interface RequestTime {
  /**
   * Asks the book one more thing. Rejects as that does, and with `StoreUnreachable` when the time is over. It is asked all
   * the same, since what others have answered in between should be stored: it is only not known by then whether it was.
   */
  spend<Value>(ask: () => Promise<Value>): Promise<Value>
}

/** The time where a book has no limit to it. */
export const endlessTime: RequestTime = { spend: (ask) => ask() }

/** A read was not answered within its time limit. */
export class ReadTooSlow extends Error {
  override readonly name = 'ReadTooSlow'
}

/** More requests wait than the limit allows. Nothing was done. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull'
}
