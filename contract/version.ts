/** The version of this program and of the wire that it documents, as in its packages. */
export const version = '0.1.0'
