import { type Book, serviceReads } from '../book-port.ts'
import { asStoreFailure } from '../storage/sqlite-failures.ts'
import type { SqliteReads } from '../storage/sqlite-reads.ts'

/** What the service itself reads, on a connection of the main thread; failures are told as the threads tell theirs. */
export function createServiceReads(reads: SqliteReads, bookPath: string, onFailure: (error: unknown) => void) {
  const guard =
    (read: (...values: never[]) => unknown) =>
    async (...values: never[]) => {
      try {
        return await read.apply(reads, values)
      } catch (error) {
        reads.forgetStatements()
        onFailure(error)
        throw asStoreFailure(error, bookPath)
      }
    }
  return Object.fromEntries(serviceReads.map((name) => [name, guard(reads[name])])) as Book['reads']
}
