import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** The statements of one connection, each prepared once. */
export class Statements {
  readonly #connection: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(connection: DatabaseSync) {
    this.#connection = connection
  }

  get(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (!statement) {
      statement = this.#connection.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }

  /** After a failure: a statement that broke off would tell its next user of the error again. */
  forget(): void {
    this.#prepared.clear()
  }
}

/** Adds a row with these columns. */
export function insertInto(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
}

/** Changes these columns of the one row whose key columns have the values that come last. */
export function updateOf(table: string, columns: readonly string[], key: readonly string[]): string {
  return `UPDATE ${table} SET ${equalities(columns).join(', ')} WHERE ${equalities(key).join(' AND ')}`
}

function equalities(columns: readonly string[]): string[] {
  return columns.map((column) => `${column} = ?`)
}
