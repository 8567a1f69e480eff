import { z } from 'zod'
import { email, integer, mobile, moment, recordId, selectedId } from './fields.ts'
import { contactTagsMax, pageSizeMax } from './limits.ts'
import { optionalText, text } from './text.ts'

const tagDetails = z
  .array(z.object({ tagId: selectedId }))
  .min(1)
  .max(contactTagsMax)

const profile = { name: text(255), email, mobile }

/** Body of addContact. */
export const addContactInput = { ...profile, companyName: optionalText(255), tagDetails }

/** Body of updateContact: `companyName` keeps its value when not given or `""`, and is cleared by `null`. */
export const updateContactInput = { contactId: recordId, ...profile, tagDetails, companyName: optionalText(255) }

/** Body of deleteContact. */
export const deleteContactInput = { contactId: recordId }

/** The orders a list of contacts can have; `-` means descending. */
export const contactSorts = ['created', '-created', 'name', '-name', 'updated', '-updated'] as const

/** An order of a list of contacts. */
export type ContactSort = (typeof contactSorts)[number]

/** Filters and paging of listContacts, in query or body. Without `limit` the whole list is answered. */
export const listContactsInput = {
  contactId: recordId.nullish(),
  q: optionalText(255),
  tagId: recordId.nullish(),
  email: email.nullish(),
  mobile: mobile.nullish(),
  updatedSince: moment.nullish(),
  sort: z.enum(contactSorts).nullish(),
  limit: integer(1, pageSizeMax).nullish(),
  cursor: text(2048).nullish(),
}

/** Answer of addContact. */
export const addedContact = z.strictObject({
  userId: z.int(),
  name: z.string(),
  email: z.string(),
  mobile: z.string(),
  callingCode: z.string(),
  companyName: z.string().nullable(),
  updated_at: z.string(),
  created_at: z.string(),
  _id: z.string(),
  tagId: z.array(z.string()),
})

/** Answer of updateContact. */
export const updatedContact = z.strictObject({
  _id: z.string(),
  userId: z.int(),
  name: z.string(),
  email: z.string(),
  mobile: z.string(),
  callingCode: z.string(),
  companyName: z.string().nullable(),
  updated_at: z.string(),
  created_at: z.string(),
  tagId: z.array(z.string()),
})

/** Answer of listContacts. */
export const listedContacts = z.array(
  z.strictObject({
    _id: z.string(),
    userId: z.int(),
    name: z.string(),
    email: z.string(),
    mobile: z.string(),
    callingCode: z.string(),
    companyName: z.string().nullable(),
    tagId: z.array(z.string()),
    tags: z.array(
      z.strictObject({
        _id: z.string(),
        userId: z.int(),
        name: z.string(),
        hexColorCode: z.string(),
        updated_at: z.string(),
        created_at: z.string(),
      }),
    ),
  }),
)
