import { done, type Outcome, refused } from './outcome.ts'

/** Why a text is no latitude. */
export type LatitudeRefusal = 'latitude_form' | 'latitude_range'

/** Why a text is no longitude. */
export type LongitudeRefusal = 'longitude_form' | 'longitude_range'

/** Reads a latitude in degrees, -90 to 90, south being negative: a decimal number, kept as it was sent. */
export function readLatitude(text: string): Outcome<string, LatitudeRefusal> {
  if (!form.test(text)) return refused('latitude_form')
  return isWithin(text, 90) ? done(text) : refused('latitude_range')
}

/** Reads a longitude in degrees, -180 to 180, west being negative: a decimal number, kept as it was sent. */
export function readLongitude(text: string): Outcome<string, LongitudeRefusal> {
  if (!form.test(text)) return refused('longitude_form')
  return isWithin(text, 180) ? done(text) : refused('longitude_range')
}

/** A latitude or longitude rounded to four decimals, which is to eleven metres: the form that the upstream asks for. */
export function fourDecimals(text: string): string {
  const rounded = Number(text).toFixed(4)
  return rounded === '-0.0000' ? '0.0000' : rounded
}

// No sign but a minus, no exponent, and digits on both sides of the point. Ten decimals are finer than a hair.
const form = /^-?\d{1,3}(\.\d{1,10})?$/

function isWithin(text: string, degreesMax: number): boolean {
  return Math.abs(Number(text)) <= degreesMax
}
