import { type Book, serviceReads } from '../book-port.ts'
import { asStoreFailure } from '../storage/sqlite-failures.ts'
import type { SqliteReads } from '../storage/sqlite-reads.ts'

/** The reads of the service itself, on a connection of the main thread; errors are mapped as on the worker threads. */
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
