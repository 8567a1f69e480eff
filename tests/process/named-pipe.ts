import { execFileSync } from 'node:child_process'
import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { atEnd } from '../fixtures/cleanup.ts'
import type { Cleanup } from './server-process.ts'

/** A pipe in the file system, as a shell has it between a server and whatever keeps its log. */
export class NamedPipe {
  readonly path: string
  text = ''
  /** Resolves when everybody who could write is gone and all was read. */
  readonly ended: Promise<unknown>
  readonly #reading: Socket

  constructor(t: Cleanup, path: string) {
    execFileSync('sh', ['-c', 'mkfifo "$0"', path])
    this.path = path
    // Without waiting for whoever writes: that one waits for a reader.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    this.#reading = new Socket({ fd, readable: true, writable: false })
    this.#reading.setEncoding('utf8').on('data', (text: string) => (this.text += text))
    this.ended = new Promise((resolve) => this.#reading.once('close', resolve))
    atEnd(t, 'the pipe is closed', () => this.close())
  }

  /** Lets the pipe fill up. */
  pause(): void {
    this.#reading.pause()
  }

  /** Reads on. */
  resume(): void {
    this.#reading.resume()
  }

  /** Goes away: whoever writes is told so. */
  close(): void {
    this.#reading.destroy()
  }
}
