import { recordTime } from '@contactbook/contract/envelope.ts'
import type { Caller, TestBook } from '../harness.ts'
import type { AccountModel } from './account-model.ts'

/** One account in the service and in the model, as every kind of step needs it. */
export type Play = { book: TestBook; caller: Caller; model: AccountModel }

/** An id that nothing has. */
export const nobody = '0'.repeat(24)

/** The record that a drawn number means, if there are any. */
export function chosen<Record>(records: Record[], pick: number): Record | undefined {
  return records[pick % records.length]
}

/** The time of the book's clock, as records have it. */
export function nowOf({ book }: Play): string {
  return recordTime(book.clock.nowMs)
}
