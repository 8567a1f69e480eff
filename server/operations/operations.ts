import type { OperationName, routes } from '@contactbook/contract/routes.ts'
import { addAddress } from './add-address.ts'
import { addBusiness } from './add-business.ts'
import { addContact } from './add-contact.ts'
import { addNote } from './add-note.ts'
import { addPayment } from './add-payment.ts'
import { addPerson } from './add-person.ts'
import { addTag } from './add-tag.ts'
import { deleteAddress } from './delete-address.ts'
import { deleteBusiness } from './delete-business.ts'
import { deleteContact } from './delete-contact.ts'
import { deleteNote } from './delete-note.ts'
import { deletePayment } from './delete-payment.ts'
import { deletePerson } from './delete-person.ts'
import { deleteTag } from './delete-tag.ts'
import { downloadAttachment } from './download-attachment.ts'
import { listAddresses } from './list-addresses.ts'
import { listBusinesses } from './list-businesses.ts'
import { listContacts } from './list-contacts.ts'
import { listNotes } from './list-notes.ts'
import { listPayments } from './list-payments.ts'
import { listPersons } from './list-persons.ts'
import { listTags } from './list-tags.ts'
import type { ReadOperation, WriteOperation } from './operation.ts'
import { setPrimaryPayment } from './set-primary-payment.ts'
import { updateAddress } from './update-address.ts'
import { updateBusiness } from './update-business.ts'
import { updateContact } from './update-contact.ts'
import { updateNote } from './update-note.ts'
import { updatePerson } from './update-person.ts'
import { updateTag } from './update-tag.ts'
import { verifyPayment } from './verify-payment.ts'

/** The operations by name. A route without its operation does not compile. */
export const operations: {
  [Name in OperationName]: (typeof routes)[Name]['kind'] extends 'write' ? WriteOperation<Name> : ReadOperation<Name>
} = {
  addTag,
  updateTag,
  listTags,
  deleteTag,
  addContact,
  updateContact,
  listContacts,
  deleteContact,
  addAddress,
  updateAddress,
  listAddresses,
  deleteAddress,
  addPerson,
  updatePerson,
  listPersons,
  deletePerson,
  addBusiness,
  updateBusiness,
  listBusinesses,
  deleteBusiness,
  addPayment,
  listPayments,
  deletePayment,
  setPrimaryPayment,
  verifyPayment,
  addNote,
  updateNote,
  listNotes,
  deleteNote,
  downloadAttachment,
}
