// Limits of the wire that are no field's own. They stand apart from the schemas, so that a thread which only needs a
// number does not load a schema library.

/** The most tags one call may give a contact. */
export const contactTagsMax = 100

/** The longest page `limit` may ask for. */
export const pageSizeMax = 1000

/** The most credentials one account may have at a time, revoked ones not counted. */
export const credentialsPerAccountMax = 100
