import type { OpenBook, ReleasedFile } from '../storage/store.ts'

/** Stored files of an account, by their names. */
type SettledFiles = { userId: number; files: string[]; nowMs: number }

/** The changes of stored files by name; each is one transaction. */
export const attachmentOperations = {
  /**
   * Settles files of calls with an unknown outcome, and answers those that are referenced. The others count as released from
   * now on, so that a late commit cannot reference them.
   */
  async settleFiles(open: OpenBook, { userId, files, nowMs }: SettledFiles): Promise<string[]> {
    const named: string[] = []
    for (const file of files) if (await open.hasFile(userId, file)) named.push(file)
    // They were never counted for the account, so their sizes are not subtracted.
    const unnamed = files.filter((file) => !named.includes(file)).map((file) => ({ file, bytes: 0 }))
    await open.nameFiles(userId, unnamed)
    await open.releaseFiles(userId, unnamed, nowMs)
    return named
  },

  /** Forgets released files once they are gone from the disk. */
  async forgetFiles(open: OpenBook, { files }: { files: ReleasedFile[] }): Promise<null> {
    await open.forgetFiles(files)
    return null
  },
}
