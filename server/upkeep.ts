import { Incident } from './incident.ts'
import { errorFields, type Log } from './log.ts'

/** A task that is done again and again. */
export type Upkeep = { stop: () => Promise<void> }

/** Where the tasks report. */
export type UpkeepReports = {
  log: Log
  /** The incident of the store; its failures are recognized by `isUnreachable`. */
  store: Incident
  /** True if a successful task proves that the store is reachable. */
  provesStore: boolean
}

/**
 * Runs a task every so many milliseconds, never twice at a time. The first of consecutive failures and the recovery are logged,
 * under the task's name; failures of the store belong to the incident of the store.
 */
export function repeatedly(
  intervalMs: number,
  what: string,
  task: () => Promise<unknown>,
  { log, store, provesStore }: UpkeepReports,
): Upkeep {
  const own = new Incident({ log, failing: `${what} failed`, recovered: `${what} works again`, quietMs: 0 })
  let running: Promise<unknown> | undefined
  const succeeded = () => {
    own.worked()
    if (provesStore) store.worked()
  }
  const timer = setInterval(() => {
    running ??= task()
      .then(succeeded, (error) => (isUnreachable(error) ? store : own).failed(errorFields(error)))
      .finally(() => {
        running = undefined
      })
  }, intervalMs)
  const stop = async () => {
    clearInterval(timer)
    await running
  }
  return { stop }
}

/** True for what a store rejects with while it cannot be asked; by name, since the classes live in rooms of their own. */
function isUnreachable(error: unknown): boolean {
  return error instanceof Error && ['StoreUnreachable', 'ThreadGone'].includes(error.name)
}
