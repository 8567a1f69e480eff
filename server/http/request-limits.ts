import type { ServerResponse } from 'node:http'
import type { Config } from '../config.ts'
import type { Caller } from './auth.ts'
import { BufferBudget, BufferCharge, noAccount } from './buffer-budget.ts'
import type { Failure } from './failure.ts'

/** Answers that are shorter, in characters, are sent whatever is held: a connection takes them at once. */
const smallAnswerLength = 65_536

/** Limits what is being done, and held in memory, for one credential, one account, and all together. */
export class RequestLimits {
  readonly #perCredentialMax: number
  readonly #running = new Map<string, number>()
  readonly #budget: BufferBudget

  constructor({ credentialRequestsMax, bufferBytesMax }: Pick<Config, 'credentialRequestsMax' | 'bufferBytesMax'>) {
    this.#perCredentialMax = credentialRequestsMax
    this.#budget = new BufferBudget(bufferBytesMax)
  }

  /** Counts a request of a caller until `leave`; a failure where it is one too many. */
  enter({ clientId, userId }: Caller): Failure | undefined {
    if (!this.#budget.admits(userId)) return { code: 'overloaded' }
    const running = this.#running.get(clientId) ?? 0
    if (running >= this.#perCredentialMax) return { code: 'too_many_requests' }
    this.#running.set(clientId, running + 1)
    return undefined
  }

  /** Ends what `enter` has begun. */
  leave({ clientId }: Caller): void {
    const running = (this.#running.get(clientId) ?? 1) - 1
    if (running > 0) this.#running.set(clientId, running)
    else this.#running.delete(clientId)
  }

  /** False where the answer to a read is large, and as much as may be is held already. */
  admitsAnswer(account: number, dataJson: string): boolean {
    return dataJson.length < smallAnswerLength || this.#budget.admits(account, dataJson.length)
  }

  /** True where more may be held for clients that have not authenticated. */
  admitsUnknown(): boolean {
    return this.#budget.admits(noAccount)
  }

  /** What is held for an account, to be counted by whoever holds it. */
  charge(account: number): BufferCharge {
    return new BufferCharge(this.#budget, account)
  }

  /** Counts what a response leaves unsent when it has been handed over, until it is sent. */
  chargeUnsent(response: ServerResponse, account: number): void {
    response.once('prefinish', () => {
      if (response.writableLength === 0) return
      const charge = this.charge(account)
      charge.hold(response.writableLength)
      response.once('close', () => charge.hold(0))
    })
  }
}
