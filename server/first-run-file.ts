import { existsSync, readFileSync, rmSync } from 'node:fs'
import { type DataDirPaths, writeDurably } from './embedded/data-dir.ts'

/** The file in the data dir that holds the secrets of the demo account, for its owner alone. */
export const firstRunFile = {
  write({ firstRun }: DataDirPaths, fields: Record<string, unknown>): void {
    writeDurably(firstRun, `${JSON.stringify(fields, null, 2)}\n`, 0o600)
  },

  remove({ firstRun }: DataDirPaths): void {
    rmSync(firstRun, { force: true })
  },

  /** Undefined if there is no file, or one that is not valid. */
  read({ firstRun }: DataDirPaths): Record<string, unknown> | undefined {
    if (!existsSync(firstRun)) return undefined
    try {
      const fields: unknown = JSON.parse(readFileSync(firstRun, 'utf8'))
      return typeof fields === 'object' && fields !== null ? { ...fields } : undefined
    } catch (error) {
      if (error instanceof SyntaxError) return undefined
      throw error
    }
  },
}
