import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog, errorFields } from '@contactbook/server/log.ts'

/** What a pipe takes whole, of which the other fields of an event have their part. */
const lineBytesMax = 4_096

test('an error is a line that is written whole, whatever its message is made of', () => {
  const lines: string[] = []
  const log = createLog('info', (line) => lines.push(line))
  for (const letter of ['a', 'न', '"', '\u0001', '😀']) {
    const message = letter.repeat(5_000)
    log.error(errorFields(new Error(message, { cause: new Error(message) })), 'a request failed')
  }
  assert.equal(lines.length, 5)
  for (const line of lines) {
    assert.ok(Buffer.byteLength(line) < lineBytesMax, `${Buffer.byteLength(line)} bytes`)
    assert.ok(JSON.parse(line).message.length > 50)
  }
})
