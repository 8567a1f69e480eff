import { errorFields, type Log } from './log.ts'

/** A task that is done again and again. */
export type Upkeep = { stop: () => Promise<void> }

/** Does a task every so many milliseconds, never twice at a time; a failure is logged under the task's name. */
export function repeatedly(intervalMs: number, what: string, task: () => Promise<unknown>, log: Log): Upkeep {
  let running: Promise<unknown> | undefined
  const timer = setInterval(() => {
    running ??= task()
      .catch((error) => log.error(errorFields(error), `${what} failed`))
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
