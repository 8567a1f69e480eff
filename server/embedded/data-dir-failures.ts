/** The data directory cannot be used. */
export class DataDirUnfit extends Error {
  override readonly name = 'DataDirUnfit'
  constructor(dir: string, reason: string) {
    super(`The data directory ${dir} cannot be used: ${reason}`)
  }
}

/** Turns an error of the operating system or SQLite into a `DataDirUnfit` with the path, where it is about the data dir. */
export function asDataDirFailure(error: unknown, dir: string): unknown {
  if (!(error instanceof Error)) return error
  const { code, errcode } = error as { code?: string; errcode?: number }
  switch (errcode === undefined ? code : `SQLITE_${errcode & 0xff}`) {
    case 'ENOSPC':
    case 'EDQUOT':
    case sqliteFull:
      return new DataDirUnfit(dir, 'there is no space left on its disk.')
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case sqliteReadOnly:
    case sqliteCannotOpen:
      return new DataDirUnfit(dir, `it cannot be written (${error.message}).`)
    case 'EEXIST':
    case 'ENOTDIR':
      return new DataDirUnfit(dir, 'it is not a directory.')
    case 'ENOENT':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'EIO':
    case sqliteIoError:
      return new DataDirUnfit(dir, `${error.message}.`)
    default:
      return error
  }
}

const sqliteReadOnly = 'SQLITE_8'
const sqliteIoError = 'SQLITE_10'
const sqliteFull = 'SQLITE_13'
const sqliteCannotOpen = 'SQLITE_14'
