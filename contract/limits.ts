// Limits of the wire that are no field's own. They stand apart from the schemas, so that a thread which only needs a
// number does not load a schema library.

/** The most tags one call may give a contact. */
export const contactTagsMax = 100

/** The longest page `limit` may ask for. */
export const pageSizeMax = 1000

/** Bytes of a page of contacts as JSON; a page that would be longer ends earlier, after one contact at least. */
export const pageBytesMax = 1_048_576

/** The most credentials one account may have at a time, revoked ones not counted. */
export const credentialsPerAccountMax = 100

/** How deeply the objects and arrays of a body may be nested. */
export const nestingMax = 64

/** Fields of all objects of one body together; parsing an object takes long if it has very many. */
export const bodyFieldsMax = 5_000

/** Entries of a list in a field. A longer list is rejected, and validated only up to one entry beyond. */
export const listItemsMax = 100

/** UTF-16 units of a text for each character that it may have; a longer text is rejected before it is normalized. */
export const unitsPerCharacterMax = 4
