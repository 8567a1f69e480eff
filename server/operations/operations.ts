import type { OperationName, routes } from '@contactbook/contract/routes.ts'
import { addContact } from './add-contact.ts'
import { addTag } from './add-tag.ts'
import { deleteContact } from './delete-contact.ts'
import { deleteTag } from './delete-tag.ts'
import { listContacts } from './list-contacts.ts'
import { listTags } from './list-tags.ts'
import type { ReadOperation, WriteOperation } from './operation.ts'
import { updateContact } from './update-contact.ts'
import { updateTag } from './update-tag.ts'

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
}
