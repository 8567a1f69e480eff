import type { FieldError } from '@contactbook/contract/problems.ts'
import type { InputOf, OperationName, ReplyOf, routes } from '@contactbook/contract/routes.ts'
import type { Attachment } from '../domain/attachment.ts'
import type { Mobile } from '../domain/mobile.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { type Outcome, refused } from '../domain/outcome.ts'
import type { VerificationFault, VerificationRequest } from '../domain/verification.ts'
import type { Awaitable, OpenBook, PageRest, ReadBook } from '../storage/store.ts'
import type { VerificationLimit } from './verification-limit.ts'

/** One request for an operation, after its fields have been read. */
export type Call<Input> = {
  userId: number
  input: Input
  nowMs: number
  newId: () => ObjectId
  /** False for a credential that wants the provider's leniency with PANs, GSTINs and the like. */
  identifierChecks: boolean
  /** Where clients reach the service, for links; without a slash at its end. */
  publicUrl: string
  /** The quota of the account in bytes; undefined without a limit, and for calls without files. */
  attachmentBytesMax?: number | undefined
  /** The credential's limit of verifications, if any. */
  verificationLimit?: VerificationLimit | undefined
  /** A list that is answered whole goes on behind this part. */
  after?: string | undefined
  /** The rest of a paused page of contacts, with which the operation resumes. */
  begun?: BegunPage | undefined
}

/** A paused page: the progress of the store, and the contacts so far. */
export type BegunPage = { rest: PageRest; asOfMs: number; contacts: number; bytes: number }

/** An operation's fields as the domain understands them: a mobile is taken apart, and files have been stored. */
export type DomainInput<Name extends OperationName> = {
  [Field in keyof InputOf<Name>]: Field extends 'mobile' | 'phoneNumber'
    ? Mobile | Extract<InputOf<Name>[Field], null | undefined>
    : InputOf<Name>[Field]
} & ((typeof routes)[Name] extends { body: 'multipart' } ? { files: Attachment[] } : unknown)

/** What an operation did. */
export type Done<Name extends OperationName> = {
  data: ReplyOf<Name>
  /** The record was there already and nothing was stored. */
  existing?: true
  /** The cursor of the following page. */
  next?: string
  /** The page was paused: the progress of the store, and the number of contacts found. */
  rest?: Omit<BegunPage, 'bytes'>
  /** The transaction that the call made, for the envelope. */
  orderid?: string
}

/** What has to be asked outside before the operation can be answered; it is run again when the outcome is stored. */
export type Asking = { ask: Ask }

/** A question for the provider of an environment, by the reference that the caller gave it; `again` after the first time. */
export type Ask = { request: VerificationRequest; environment: 'LIVE' | 'SANDBOX'; externalRef: string; again: boolean }

/** Why an operation did nothing. */
export type Refusal =
  | { code: 'record_not_found' }
  | { code: 'name_taken' | 'business_exists'; existingId: ObjectId }
  | { code: VerificationFault; sentence: string | null }
  | { code: 'verification_pending' | 'reference_reused' | 'link_invalid' }
  | { code: 'fields_invalid'; errors: FieldError[] }
  | { code: 'too_many_requests'; sentence: string; retryAfterSeconds: number }

/** An operation that changes the book. It decides before it writes: one that is refused has written nothing. */
export type WriteOperation<Name extends OperationName> = (
  open: OpenBook,
  call: Call<DomainInput<Name>>,
) => Awaitable<Outcome<Done<Name> | Asking, Refusal>>

/** An operation that only reads. */
export type ReadOperation<Name extends OperationName> = (
  open: ReadBook,
  call: Call<DomainInput<Name>>,
) => Awaitable<Outcome<Done<Name>, Refusal>>

/** An operation that did nothing. */
export type Refused = { ok: false; refusal: Refusal }

/** The one answer for an id that is unknown, malformed or another account's. */
export const recordNotFound: Refused = refused({ code: 'record_not_found' })

/** Refuses one field. */
export function fieldRefused(field: string, message: string): Refused {
  return refused({ code: 'fields_invalid', errors: [{ field, message }] })
}

/** Another tag of the account has the name. */
export function nameTaken(existingId: ObjectId): Refused {
  return refused({ code: 'name_taken', existingId })
}
