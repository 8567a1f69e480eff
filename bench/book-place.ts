import type { BenchAccount } from './served-book.ts'

/** The stores in which a book can lie. */
export const storeNames = ['sqlite', 'postgres', 'citus'] as const

/** A store of the list above. */
export type StoreName = (typeof storeNames)[number]

/** A store as people call it. */
export const storeTitles: Record<StoreName, string> = { sqlite: 'SQLite', postgres: 'PostgreSQL', citus: 'Citus' }

/** A place for one book: made for a measurement, empty at first, and gone after it. */
export interface BookPlace {
  /** The folder of the service's own files. */
  readonly dataDir: string
  /** What a service is set to, so that it serves this book. */
  readonly settings: Record<string, string>
  /** Puts contacts into the book of a stopped service. */
  fill(contacts: number, callers: BenchAccount[]): Promise<{ seconds: number }>
  /** The sizes of what is written first, as long as the service has it open. */
  logSizes(): LogSizes
  /** The sizes of the book while no service has it open. */
  bookSizes(): Promise<BookSizes>
  /** What the store does by itself in so long, on the book of a stopped service. */
  measureRawStore(seconds: number, callers: BenchAccount[]): Promise<RawStoreResult>
  /** Throws the book away. */
  drop(): Promise<void>
}

/** In MiB; null where the store has no such thing. */
export type LogSizes = { walMiB: number | null; indexWalMiB: number | null }

/** In MiB; null where the store has no such thing. */
export type BookSizes = { bookMiB: number; indexMiB: number | null }

/** What a store did by itself. */
export type RawStoreResult = {
  /** In what ways it was asked; addContact is compared with the first. */
  rates: RawRate[]
  /** How the store makes a commit durable, as it tells itself. */
  durability: string
}

/** One way of asking a store by itself: contacts in a second, and how long one waited. */
export type RawRate = { label: string; contactsPerSecond: number; p50Ms: number; p99Ms: number }

/** The accounts as a script of the benchmark takes them. */
export function accountsJson(callers: BenchAccount[]): string {
  return JSON.stringify(callers.map(({ userId, tagIds }) => ({ userId, tagIds })))
}
