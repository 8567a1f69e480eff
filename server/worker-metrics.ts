import { AggregatorRegistry, type PrometheusContentType } from 'prom-client'

// A request for the figures reaches one worker, which knows its own alone. So it asks the process that has started it, and
// that one asks all workers and adds up.

/** A worker's question for the figures of all, and the answer to it; without a text they could not be had. */
type Question = { figuresAsked: number }
type Answer = { figuresAsked: number; figures: string | null }

/** The registry of a worker: it is filled with the worker's own figures, and read it tells those of all workers. */
export class WorkerRegistry extends AggregatorRegistry<PrometheusContentType> {
  readonly #waiting = new Map<number, PromiseWithResolvers<string>>()
  #asked = 0

  constructor() {
    super()
    AggregatorRegistry.setRegistries(this)
    process.on('message', (message: unknown) => {
      const answer = readAnswer(message)
      if (answer) this.#takeAnswer(answer)
    })
  }

  /** Rejects where not all workers answer within five seconds. */
  override metrics(): Promise<string> {
    const waiting = Promise.withResolvers<string>()
    const question: Question = { figuresAsked: this.#asked++ }
    this.#waiting.set(question.figuresAsked, waiting)
    process.send?.(question)
    return waiting.promise
  }

  #takeAnswer({ figuresAsked, figures }: Answer): void {
    const waiting = this.#waiting.get(figuresAsked)
    this.#waiting.delete(figuresAsked)
    if (figures === null) waiting?.reject(new Error('The workers do not tell their figures'))
    else waiting?.resolve(figures)
  }
}

/** The sum of all workers' figures, in the process that has started them. */
export class WorkerFigures {
  readonly #all = new AggregatorRegistry<PrometheusContentType>()

  /** Answers a worker's message if it asks for the figures. */
  async answer(message: unknown, send: (answer: Answer) => void): Promise<void> {
    const question = readQuestion(message)
    if (!question) return
    const figures = await this.#all.clusterMetrics().catch(() => null)
    send({ ...question, figures })
  }
}

function readQuestion(message: unknown): Question | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  if (!('figuresAsked' in message && typeof message.figuresAsked === 'number')) return undefined
  return { figuresAsked: message.figuresAsked }
}

function readAnswer(message: unknown): Answer | undefined {
  const question = readQuestion(message)
  if (!question || typeof message !== 'object' || message === null || !('figures' in message)) return undefined
  return { ...question, figures: typeof message.figures === 'string' ? message.figures : null }
}
