import { z } from 'zod'
import * as address from './address.ts'
import * as business from './business.ts'
import * as contact from './contact.ts'
import * as note from './note.ts'
import * as payment from './payment.ts'
import * as person from './person.ts'
import { type FieldSchemas, get, patch, post, type Route, remove } from './route.ts'
import * as tag from './tag.ts'

/** What can go wrong where a bank is asked. */
const verificationFailures = [
  'record_not_found',
  'verification_pending',
  'reference_reused',
  'account_invalid',
  'bank_failed',
  'balance_insufficient',
  'provider_down',
  'provider_error',
  'service_unavailable',
] as const

/**
 * Every call of the Contact Book API, by its operation's name. The name is the same in `server/operations`, in OpenAPI's
 * `operationId`, in logs and in metrics.
 *
 * Source: `developers.instantpay.in/reference`, Contact Book.
 */
export const routes = {
  addTag: {
    ...post('/contacts/tag', 'Add a tag'),
    input: tag.addTagInput,
    reply: tag.addedTag,
    status: 'Tag Added Successfully',
    failures: ['name_taken'],
  },
  updateTag: {
    ...patch('/contacts/tag', 'Change a tag'),
    input: tag.updateTagInput,
    reply: z.literal(1),
    status: 'Tag Updated Successfully',
    failures: ['record_not_found', 'name_taken'],
  },
  listTags: {
    ...get('/contacts/tag', 'List the tags'),
    input: {},
    reply: tag.listedTags,
    status: 'Transaction Successful',
    failures: [],
  },
  deleteTag: {
    ...remove('/contacts/tag', 'Delete a tag and take it off its contacts'),
    input: tag.deleteTagInput,
    reply: z.null(),
    status: 'Tag Deleted successfully',
    failures: ['record_not_found'],
  },
  addContact: {
    ...post('/contacts/profile', 'Add a contact, or answer the identical one'),
    input: contact.addContactInput,
    reply: contact.addedContact,
    status: 'Contact Added Successfully',
    failures: [],
  },
  updateContact: {
    ...patch('/contacts/profile', 'Change a contact'),
    input: contact.updateContactInput,
    clearable: ['companyName'],
    reply: contact.updatedContact,
    status: 'Contact Updated Successfully',
    failures: ['record_not_found'],
  },
  listContacts: {
    ...get('/contacts/profile', 'List, read, search and page the contacts'),
    input: contact.listContactsInput,
    reply: contact.listedContacts,
    status: 'Transaction Successful',
    failures: ['record_not_found'],
  },
  deleteContact: {
    ...remove('/contacts/profile', 'Delete a contact and all that hangs on it'),
    input: contact.deleteContactInput,
    reply: z.null(),
    status: 'Contact Deleted successfully',
    failures: ['record_not_found'],
  },
  addAddress: {
    ...post('/contacts/address', 'Add an address to a contact'),
    input: address.addAddressInput,
    reply: address.addedAddress,
    status: 'Address Added Successfully',
    failures: ['record_not_found'],
  },
  updateAddress: {
    ...patch('/contacts/address', 'Change an address'),
    input: address.updateAddressInput,
    aliases: address.addressAliases,
    reply: address.updatedAddress,
    status: 'Address Updated Successfully',
    failures: ['record_not_found'],
  },
  listAddresses: {
    ...get('/contacts/address', "List a contact's addresses"),
    input: address.listAddressesInput,
    reply: address.listedAddresses,
    status: 'Transaction Successful',
    failures: ['record_not_found'],
  },
  deleteAddress: {
    ...remove('/contacts/address', 'Delete an address'),
    input: address.deleteAddressInput,
    aliases: address.addressAliases,
    reply: z.null(),
    status: 'Address Deleted successfully',
    failures: ['record_not_found'],
  },
  addPerson: {
    ...post('/contacts/person', 'Add a person to a contact'),
    input: person.addPersonInput,
    reply: person.addedPerson,
    status: 'Contact Person Added Successfully',
    failures: ['record_not_found'],
  },
  updatePerson: {
    ...patch('/contacts/person', 'Change a person'),
    input: person.updatePersonInput,
    reply: person.updatedPerson,
    status: 'Contact Person Updated Successfully',
    failures: ['record_not_found'],
  },
  listPersons: {
    ...get('/contacts/person', "List a contact's persons"),
    input: person.listPersonsInput,
    reply: person.listedPersons,
    status: 'Transaction Successful',
    failures: ['record_not_found'],
  },
  deletePerson: {
    ...remove('/contacts/person', 'Delete a person'),
    input: person.deletePersonInput,
    reply: z.null(),
    status: 'Person Deleted successfully',
    failures: ['record_not_found'],
  },
  addBusiness: {
    ...post('/contacts/business', 'Add the business details of a contact'),
    input: business.addBusinessInput,
    aliases: business.businessAliases,
    reply: business.addedBusiness,
    status: 'Business DetailsAdded Successfully',
    failures: ['record_not_found', 'business_exists'],
  },
  updateBusiness: {
    ...patch('/contacts/business', 'Change the business details of a contact'),
    input: business.updateBusinessInput,
    clearable: ['pan', 'cin', 'gstin', 'tan', 'udyam'],
    aliases: business.businessAliases,
    reply: business.updatedBusiness,
    status: 'Business Updated Successfully',
    failures: ['record_not_found'],
  },
  listBusinesses: {
    ...get('/contacts/business', 'Read the business details of a contact'),
    input: business.listBusinessesInput,
    reply: business.listedBusinesses,
    status: 'Transaction Successful',
    failures: ['record_not_found'],
  },
  deleteBusiness: {
    ...remove('/contacts/business', 'Delete the business details of a contact'),
    input: business.deleteBusinessInput,
    reply: z.null(),
    status: 'Business Deleted successfully',
    failures: ['record_not_found'],
  },
  addPayment: {
    ...post('/contacts/payment', 'Add a payment method, verified first if wanted'),
    input: payment.addPaymentInput,
    reply: payment.addedPayment,
    status: 'Payment Method Added Successfully',
    failures: verificationFailures,
  },
  listPayments: {
    ...get('/contacts/payment', "List a contact's payment methods"),
    input: payment.listPaymentsInput,
    reply: payment.listedPayments,
    status: 'Transaction Successful',
    failures: ['record_not_found'],
  },
  deletePayment: {
    ...remove('/contacts/payment', 'Delete a payment method'),
    input: payment.chosenPaymentInput,
    reply: z.null(),
    status: 'Payment Method Deleted successfully',
    failures: ['record_not_found'],
  },
  setPrimaryPayment: {
    ...post('/contacts/payment/primary', 'Make a payment method the primary one'),
    input: payment.chosenPaymentInput,
    reply: z.null(),
    status: 'Primary Account Set Successfully',
    failures: ['record_not_found'],
  },
  verifyPayment: {
    ...post('/contacts/payment/verify', 'Verify a payment method at its bank'),
    input: payment.verifyPaymentInput,
    reply: payment.verifiedPayment,
    status: 'Account Verfication Successful',
    failures: verificationFailures,
  },
  addNote: {
    ...post('/contacts/note', 'Add a note, with files'),
    input: note.addNoteInput,
    body: 'multipart',
    reply: note.addedNote,
    status: 'Note Added Successfully',
    failures: ['record_not_found'],
  },
  updateNote: {
    ...patch('/contacts/note/update', 'Change a note and its files'),
    input: note.updateNoteInput,
    body: 'multipart',
    aliases: note.noteAliases,
    reply: note.updatedNote,
    status: 'Note Updated Successfully',
    failures: ['record_not_found'],
  },
  listNotes: {
    ...get('/contacts/note', "List a contact's notes"),
    input: note.listNotesInput,
    reply: note.listedNotes,
    status: 'Transaction Successful',
    failures: ['record_not_found'],
  },
  deleteNote: {
    ...remove('/contacts/note', 'Delete a note and its files'),
    input: note.deleteNoteInput,
    reply: z.null(),
    status: 'Note Deleted successfully',
    failures: ['record_not_found'],
  },
  downloadAttachment: {
    ...get('/downloadmanager', 'Download a file by its signed link'),
    input: note.downloadAttachmentInput,
    answers: 'file',
    reply: note.foundAttachment,
    status: 'Transaction Successful',
    failures: ['link_invalid'],
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
