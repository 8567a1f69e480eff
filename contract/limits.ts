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

/** The fields that the objects of one body may have together: parsing an object takes long where it has very many. */
export const bodyFieldsMax = 5_000

/** The longest list that a field may be. Of a longer one no more is looked at than shows that it is too long. */
export const listItemsMax = 100

/** A text is refused unread where it has more UTF-16 units than this for each character that it may have. */
export const unitsPerCharacterMax = 4
