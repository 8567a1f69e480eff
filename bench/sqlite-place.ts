import { statSync } from 'node:fs'
import { join } from 'node:path'
import { accountsJson, type BookPlace, type RawStoreResult } from './book-place.ts'
import type { BenchAccount } from './served-book.ts'
import { dropFolder, fillTimeoutMs, root, runScript, takeFolder } from './workbench.ts'

/** A place for an embedded book: a folder. Its scripts are those of a checkout, whose book it will be. */
export async function sqlitePlace(checkout = root): Promise<BookPlace> {
  const dataDir = takeFolder()
  const sizeMiB = (file: string) => (statSync(join(dataDir, file), { throwIfNoEntry: false })?.size ?? 0) / 2 ** 20
  const argumentsOf = (callers: BenchAccount[]) => ['--data-dir', dataDir, '--accounts', accountsJson(callers)]
  return {
    dataDir,
    settings: {},
    fill: (contacts, callers) =>
      runScript('fill.ts', [...argumentsOf(callers), '--contacts', String(contacts)], fillTimeoutMs, checkout),
    // A write-ahead log keeps the size of its longest moment; stopping folds it into its file.
    logSizes: () => ({ walMiB: sizeMiB('book.db-wal'), indexWalMiB: sizeMiB('index.db-wal') }),
    bookSizes: async () => ({ bookMiB: sizeMiB('book.db'), indexMiB: sizeMiB('index.db') }),
    measureRawStore: (seconds, callers) => {
      const timeoutMs = (seconds + 60) * 2_000
      return runScript<RawStoreResult>(
        'raw-store.ts',
        [...argumentsOf(callers), '--seconds', String(seconds)],
        timeoutMs,
      )
    },
    drop: async () => dropFolder(dataDir),
  }
}
