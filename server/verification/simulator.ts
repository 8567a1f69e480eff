import type { ProviderOutcome } from '../domain/verification.ts'
import { findMagicValue, succeeds } from './magic-values.ts'
import type { VerificationProvider } from './provider.ts'

/** What the simulator needs from outside. */
export type SimulatorOptions = {
  /** The simulator's own clock, in milliseconds since 1970; others may move it. */
  now: () => number
  /** How long a question that never gets an answer is waited for, in real milliseconds. */
  timeoutMs: number
}

const pending: ProviderOutcome = { state: 'pending' }

/**
 * A provider that asks nobody. What comes of a verification is said by the account alone: one of the magic values, or
 * else success. Wallets have no provider, as at the upstream.
 */
export function createSimulator({ now, timeoutMs }: SimulatorOptions): VerificationProvider {
  const waiting = createWaitingRoom(timeoutMs)
  const recheck: VerificationProvider['recheck'] = async (request) => {
    if (request.accountType === 'WALLET') return { state: 'failed', fault: 'service_unavailable' }
    const outcome = findMagicValue(request)?.outcome ?? succeeds
    return outcome(request, now())
  }
  return {
    verify: async (request) => {
      const isSilent = request.accountType !== 'WALLET' && findMagicValue(request)?.isSilent
      return isSilent ? waiting.sit() : recheck(request)
    },
    recheck,
    close: waiting.close,
  }
}

/** Where questions without an answer sit until their time is over, or the room is closed. */
function createWaitingRoom(timeoutMs: number) {
  const leave = new Set<() => void>()
  let isClosed = false
  const sit = () =>
    new Promise<ProviderOutcome>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        leave.delete(end)
        resolve(pending)
      }
      const timer = setTimeout(end, isClosed ? 0 : timeoutMs)
      leave.add(end)
    })
  const close = () => {
    isClosed = true
    for (const end of leave) end()
  }
  return { sit, close }
}
