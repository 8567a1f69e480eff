import type { BookPlace, StoreName } from './book-place.ts'
import { citusPlace, postgresPlace } from './postgres-place.ts'
import { sqlitePlace } from './sqlite-place.ts'

/** Makes a place in a store. Citus has to be there already: the URL leads to its coordinator. */
export function takePlace(store: StoreName, citusUrl: string | undefined): Promise<BookPlace> {
  switch (store) {
    case 'sqlite':
      return sqlitePlace()
    case 'postgres':
      return postgresPlace()
    case 'citus':
      if (citusUrl === undefined) throw new Error('nobody has said where Citus is')
      return citusPlace(citusUrl)
  }
}
