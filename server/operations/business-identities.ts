import { identifierSentences } from '@contactbook/contract/identifier-sentences.ts'
import { changeIdentities, type Identities, type IdentityChanges } from '../domain/business.ts'
import type { Outcome } from '../domain/outcome.ts'
import { fieldRefused, type Refusal } from './operation.ts'

/** The identities after a change, held against each other where the credential wants checks. */
export function checkedIdentities(
  held: Identities,
  changes: IdentityChanges,
  identifierChecks: boolean,
): Outcome<Identities, Refusal> {
  const changed = changeIdentities(held, changes, identifierChecks)
  return changed.ok ? changed : fieldRefused('gstin', identifierSentences[changed.refusal]('gstin'))
}
