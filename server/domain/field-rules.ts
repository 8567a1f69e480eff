import { readMobile } from './mobile.ts'

/** What a field means, by its name: reads the text into the domain's value, or undefined where it has no meaning. */
export const fieldRules: Readonly<Record<string, (text: string) => unknown>> = {
  mobile: readMobile,
}
