/**
 * All control characters, bidirectional controls, the zero width space and the byte order mark: in a name or a reason, they
 * would make one text look like another. For `replaceAll`.
 */
export const unprintable = /[\p{Cc}\u2028\u2029\p{Bidi_Control}\u200b\ufeff]/gu
