import type { FieldError } from '@contactbook/contract/problems.ts'
import type { InputOf, OperationName, ReplyOf } from '@contactbook/contract/routes.ts'
import type { Mobile } from '../domain/mobile.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { type Outcome, refused } from '../domain/outcome.ts'
import type { Awaitable, OpenBook, ReadBook } from '../storage/store.ts'

/** One request for an operation, after its fields have been read. */
export type Call<Input> = {
  userId: number
  input: Input
  nowMs: number
  newId: () => ObjectId
}

/** An operation's fields as the domain understands them: a mobile is taken apart. */
export type DomainInput<Name extends OperationName> = {
  [Field in keyof InputOf<Name>]: Field extends 'mobile'
    ? Mobile | Extract<InputOf<Name>[Field], null | undefined>
    : InputOf<Name>[Field]
}

/** What an operation did. */
export type Done<Name extends OperationName> = {
  data: ReplyOf<Name>
  /** The record was there already and nothing was stored. */
  existing?: true
  /** The cursor of the following page. */
  next?: string
}

/** Why an operation did nothing. */
export type Refusal =
  | { code: 'record_not_found' }
  | { code: 'name_taken'; existingId: ObjectId }
  | { code: 'fields_invalid'; errors: FieldError[] }

/** An operation that changes the book. It decides before it writes: one that is refused has written nothing. */
export type WriteOperation<Name extends OperationName> = (
  open: OpenBook,
  call: Call<DomainInput<Name>>,
) => Awaitable<Outcome<Done<Name>, Refusal>>

/** An operation that only reads. */
export type ReadOperation<Name extends OperationName> = (
  open: ReadBook,
  call: Call<DomainInput<Name>>,
) => Awaitable<Outcome<Done<Name>, Refusal>>

type Refused = { ok: false; refusal: Refusal }

/** The one answer for an id that is unknown, malformed or another account's. */
export const notFound: Refused = refused({ code: 'record_not_found' })

/** Refuses one field. */
export function fieldRefused(field: string, message: string): Refused {
  return refused({ code: 'fields_invalid', errors: [{ field, message }] })
}

/** Another tag of the account has the name. */
export function nameTaken(existingId: ObjectId): Refused {
  return refused({ code: 'name_taken', existingId })
}
