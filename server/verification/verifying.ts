import type { Answer, Work } from '../book.ts'
import { type Book, endlessTime } from '../book-port.ts'
import type { ObjectId } from '../domain/object-id.ts'
import { type ProviderOutcome, requestOf, type Verification, type VerificationRequest } from '../domain/verification.ts'
import type { Ask } from '../operations/operation.ts'
import type { VerificationProvider } from './provider.ts'
import type { SimulatorClock } from './simulator-clock.ts'

/** The providers by environment; LIVE has none until an upstream is configured. */
export type Providers = { SANDBOX: VerificationProvider; LIVE?: VerificationProvider | undefined }

/** What verifying stands on. */
export type VerifyingContext = {
  book: Book
  providers: Providers
  simulatorClock: SimulatorClock
  now: () => number
  /** Something that an operator should see; nothing of a person, and no secret. */
  onTrouble: (error: Error) => void
}

/**
 * Outcomes that an upstream is asked for at the same moment: a part of the questions that it may get at once, so that
 * those who wait never keep a first question out.
 */
const recheckedAtOnceMax = 8

/** Verifications of the simulator that are asked for again when its clock was moved, in all and at the same moment. */
const sandboxMax = 10_000
const sandboxAtOnceMax = 100

const noProvider: ProviderOutcome = { state: 'failed', fault: 'service_unavailable' }
const pending: ProviderOutcome = { state: 'pending' }

/**
 * Answers works whose operations have to ask outside. The question is in the book before it is put, and what was heard
 * is before it is answered; in between no transaction is open.
 */
export class Verifying {
  readonly #context: VerifyingContext
  #rechecks = 0
  #isClosed = false

  constructor(context: VerifyingContext) {
    this.#context = context
  }

  /** Answers a work. Rejects as `Book.answer` does. */
  readonly answer = async (work: Work, signal?: AbortSignal): Promise<Answer> => {
    const { book } = this.#context
    const startedMs = performance.now()
    const first = await book.answer(work, signal)
    if (!first.ask) return first
    const { ask } = first
    // The provider has a time of its own; what counts here is the waiting for the book.
    const time = book.requestTime(performance.now() - startedMs)
    const outcome = await this.#hear(ask, time)
    return time.spend(() => this.#answerHeard(work, ask, outcome))
  }

  /** Stores what was heard and answers the work. */
  async #answerHeard(work: Work, { externalRef, request }: Ask, outcome: ProviderOutcome): Promise<Answer> {
    const { book, now } = this.#context
    const { reference } = request
    const answer = await book.answer({ ...work, nowMs: now(), heard: { externalRef, reference, outcome } })
    // A question is nothing that a caller could be told.
    if (answer.ask) throw new Error(`${work.operation} asked again for what it was just told`)
    if (outcome.state === 'pending' && answer.code === 'provider_down') this.#giveUp(work.userId, reference)
    return answer
  }

  /** Asks again for verifications whose time has come, and stores what is heard; tells how many there were. */
  async settleDue(): Promise<number> {
    const { book, now } = this.#context
    let settled = 0
    // Looked for first where looking costs nothing: mostly there are none.
    while (!this.#isClosed && (await book.reads.dueVerifications(now(), 1)).length > 0) {
      // A claim holds for a minute, so no more are claimed than are asked for at once.
      const limit = recheckedAtOnceMax
      const due = await book.change('claimDueVerifications', { nowMs: now(), limit })
      await this.#settle(due)
      settled += due.length
    }
    return settled
  }

  /** Moves the simulator's clock ahead, and asks it again for all that it has not settled; tells how many there were. */
  async advanceSimulator(ms: number): Promise<number> {
    const { book } = this.#context
    await book.change('advanceSimulator', { ms })
    const unsettled = await book.reads.dueVerifications(Number.MAX_SAFE_INTEGER, sandboxMax)
    const ofSandbox = unsettled.filter(({ environment }) => environment === 'SANDBOX')
    for (let first = 0; first < ofSandbox.length; first += sandboxAtOnceMax) {
      await this.#settle(ofSandbox.slice(first, first + sandboxAtOnceMax))
    }
    return ofSandbox.length
  }

  /** Ends what is still being asked; nothing is asked afterwards. */
  close(): void {
    this.#isClosed = true
    const { SANDBOX, LIVE } = this.#context.providers
    SANDBOX.close()
    LIVE?.close()
  }

  async #settle(verifications: Verification[]): Promise<void> {
    const { book, now } = this.#context
    const settle = async (verification: Verification) => {
      const { userId, externalRef, id: reference, environment } = verification
      const outcome = await this.#hear({ request: requestOf(verification), environment, externalRef, again: true })
      const heard = { userId, externalRef, reference, outcome, nowMs: now() }
      const isSettled = await book.change('settleVerification', heard)
      if (isSettled && outcome.state === 'pending') this.#giveUp(userId, reference)
    }
    await Promise.all(verifications.map(settle))
  }

  /** What became of the money at the provider has to be looked up by people. */
  #giveUp(userId: number, reference: ObjectId): void {
    this.#context.onTrouble(new Error(`The verification ${reference} of account ${userId} was given up`))
  }

  async #hear({ request, environment, again }: Ask, time = endlessTime): Promise<ProviderOutcome> {
    const { providers, simulatorClock } = this.#context
    if (environment === 'SANDBOX') await time.spend(() => simulatorClock.refresh())
    const provider = providers[environment]
    // One that was asked before stays open until its provider is configured again.
    if (!provider) return again ? pending : noProvider
    if (!again) return provider.verify(request)
    return environment === 'SANDBOX' ? provider.recheck(request) : this.#recheckUpstream(provider, request)
  }

  /** Many who repeat their calls are asked for a few at a time; the others are pending a while longer. */
  async #recheckUpstream(provider: VerificationProvider, request: VerificationRequest): Promise<ProviderOutcome> {
    if (this.#rechecks >= recheckedAtOnceMax) return pending
    this.#rechecks++
    try {
      return await provider.recheck(request)
    } finally {
      this.#rechecks--
    }
  }
}
