// A reporter for Node's test runner: writes a line for each file and each test that begins and ends, for `run-tests.ts`,
// which has to know what is unfinished.
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

/** The lines: `begins` or `ends`, a unique key, and a readable sentence, separated by tabs. @public */
export default async function* progress(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:dequeue' && type !== 'test:complete') continue
    const { name, file = '', testId } = data as typeof data & { testId?: number; entryFile?: string }
    const isFile = !('entryFile' in data)
    const path = relative('.', file)
    const sentence = isFile ? path : `${path}: ${name}`
    const event = type === 'test:dequeue' ? 'begins' : 'ends'
    yield `${event}\t${isFile ? path : `${path}#${testId}`}\t${sentence.replaceAll(/\s+/g, ' ')}\n`
  }
}
