/**
 * Every control character of a text, and every one that turns the direction of what stands around it: in a name or a
 * reason, they would let one text look like another. For `replaceAll`.
 */
export const unprintable = /[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu
