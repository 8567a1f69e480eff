import { z } from 'zod'
import * as contact from './contact.ts'
import type { ProblemCode } from './problems.ts'
import * as tag from './tag.ts'

/** The fields of a body or query, by name; each schema checks one value. */
export type FieldSchemas = Record<string, z.ZodType>

/** One call of the wire. */
export type Route = {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  /** One line for the reference. */
  summary: string
  /** `read` runs beside the writer; `write` runs in a transaction and takes an Idempotency-Key. */
  kind: 'read' | 'write'
  /** Fields in the order their errors are reported. */
  input: FieldSchemas
  /** The envelope's `data` on success, keys in the wire's order. */
  reply: z.ZodType
  /** The envelope's `status` on success, with the provider's own spelling. */
  status: string
  /** What can go wrong in this call beyond what can go wrong in any. */
  failures: readonly ProblemCode[]
}

/**
 * Every call of the Contact Book API that this service answers, by its operation's name. The name is the same in
 * `server/operations`, in OpenAPI's `operationId`, in logs and in metrics.
 *
 * Source: `developers.instantpay.in/reference`, Contact Book.
 */
export const routes = {
  addTag: {
    method: 'POST',
    path: '/contacts/tag',
    summary: 'Add a tag',
    kind: 'write',
    input: tag.addTagInput,
    reply: tag.addedTag,
    status: 'Tag Added Successfully',
    failures: ['name_taken'],
  },
  updateTag: {
    method: 'PATCH',
    path: '/contacts/tag',
    summary: 'Change a tag',
    kind: 'write',
    input: tag.updateTagInput,
    reply: z.literal(1),
    status: 'Tag Updated Successfully',
    failures: ['record_not_found', 'name_taken'],
  },
  listTags: {
    method: 'GET',
    path: '/contacts/tag',
    summary: 'List the tags',
    kind: 'read',
    input: {},
    reply: tag.listedTags,
    status: 'Transaction Successful',
    failures: [],
  },
  deleteTag: {
    method: 'DELETE',
    path: '/contacts/tag',
    summary: 'Delete a tag and take it off its contacts',
    kind: 'write',
    input: tag.deleteTagInput,
    reply: z.null(),
    status: 'Tag Deleted successfully',
    failures: ['record_not_found'],
  },
  addContact: {
    method: 'POST',
    path: '/contacts/profile',
    summary: 'Add a contact, or answer the identical one',
    kind: 'write',
    input: contact.addContactInput,
    reply: contact.addedContact,
    status: 'Contact Added Successfully',
    failures: [],
  },
  updateContact: {
    method: 'PATCH',
    path: '/contacts/profile',
    summary: 'Change a contact',
    kind: 'write',
    input: contact.updateContactInput,
    reply: contact.updatedContact,
    status: 'Contact Updated Successfully',
    failures: ['record_not_found'],
  },
  listContacts: {
    method: 'GET',
    path: '/contacts/profile',
    summary: 'List, read, search and page the contacts',
    kind: 'read',
    input: contact.listContactsInput,
    reply: contact.listedContacts,
    status: 'Transaction Successful',
    failures: ['record_not_found'],
  },
  deleteContact: {
    method: 'DELETE',
    path: '/contacts/profile',
    summary: 'Delete a contact and all that hangs on it',
    kind: 'write',
    input: contact.deleteContactInput,
    reply: z.null(),
    status: 'Contact Deleted successfully',
    failures: ['record_not_found'],
  },
} as const satisfies Record<string, Route>

/** The name of an operation. */
export type OperationName = keyof typeof routes

/** What an operation's fields are once each has passed its schema. */
export type InputOf<Name extends OperationName> = FieldsOf<(typeof routes)[Name]['input']>

/** What an operation answers in the envelope's `data`. */
export type ReplyOf<Name extends OperationName> = z.output<(typeof routes)[Name]['reply']>

/** The values of a record of field schemas; a field that may be missing may also be `undefined`. */
export type FieldsOf<Schemas extends FieldSchemas> = { [Field in keyof Schemas]: z.output<Schemas[Field]> }

/** Reads a route with its wide type, for code that treats all routes alike. */
export function routeOf(name: OperationName): Route {
  return routes[name]
}

/** The names of all operations, in the contract's order. */
export const operationNames = Object.keys(routes) as OperationName[]
