import type { ServerResponse } from 'node:http'
import type { Config } from '../config.ts'
import { Tally } from '../tally.ts'
import type { Caller } from './auth.ts'
import { BufferBudget, BufferCharge, noAccount } from './buffer-budget.ts'
import type { Failure } from './failure.ts'

/** Shorter answers, in characters, are sent even beyond the budget: the socket buffer takes them at once. */
const smallAnswerLength = 65_536

/** Limits the concurrent requests of each credential, and the memory held for each account and in all. */
export class RequestLimits {
  readonly #perCredentialMax: number
  readonly #running = new Tally<string>()
  readonly #budget: BufferBudget

  constructor({ credentialRequestsMax, bufferBytesMax }: Pick<Config, 'credentialRequestsMax' | 'bufferBytesMax'>) {
    this.#perCredentialMax = credentialRequestsMax
    this.#budget = new BufferBudget(bufferBytesMax)
  }

  /** Counts a request of a caller until `leave`; a failure beyond a limit. */
  enter({ clientId, userId }: Caller): Failure | undefined {
    if (!this.#budget.admits(userId)) return { code: 'overloaded' }
    if (this.#running.of(clientId) >= this.#perCredentialMax) return { code: 'too_many_requests' }
    this.#running.add(clientId, 1)
    return undefined
  }

  /** Ends what `enter` has begun. */
  leave({ clientId }: Caller): void {
    this.#running.add(clientId, -1)
  }

  /** False if the answer to a read is large and does not fit into the budget. */
  admitsAnswer(account: number, dataJson: string): boolean {
    return dataJson.length < smallAnswerLength || this.#budget.admits(account, dataJson.length)
  }

  /** True if memory is available for clients without authentication. */
  admitsUnknown(): boolean {
    return this.#budget.admits(noAccount)
  }

  /** A charge of an account, which the caller sets to the bytes that it holds. */
  charge(account: number): BufferCharge {
    return new BufferCharge(this.#budget, account)
  }

  /** Counts the unsent bytes of a finished response until they are sent. */
  chargeUnsent(response: ServerResponse, account: number): void {
    response.once('prefinish', () => {
      if (response.writableLength === 0) return
      const charge = this.charge(account)
      charge.hold(response.writableLength)
      response.once('close', () => charge.hold(0))
    })
  }
}
