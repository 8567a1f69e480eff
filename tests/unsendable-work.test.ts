import { test } from 'node:test'
import { assertEnvelope, succeeded } from './fixtures/answers.ts'
import { meera } from './fixtures/people.ts'
import { startBook, stores } from './harness.ts'

// Nesting that no thread could be sent: structured cloning recurses, and runs out of stack.

for (const store of stores) {
  test(`a body that cannot be sent to the store fails alone, and the calls beside it are answered: ${store}`, async (t) => {
    const book = await startBook(t, store, ['--queue-max', '64'])
    const asha = await book.account()
    const tagId = await asha.tag('Suppliers')
    const deep = `${'['.repeat(40_000)}${']'.repeat(40_000)}`
    const body = JSON.stringify(meera(tagId)).replace('"tagId":', `"unknown":${deep},"tagId":`)

    for (let round = 0; round < 4; round++) {
      const hostile = Array.from({ length: 20 }, () => asha.call('POST', '/contacts/profile', body))
      const good = Array.from({ length: 8 }, (_, number) =>
        asha.call('POST', '/contacts/profile', meera(tagId, { name: `Ravi ${round} ${number}` })),
      )
      for (const reply of await Promise.all(hostile)) assertEnvelope(reply)
      for (const reply of await Promise.all(good)) succeeded(reply)
    }
  })
}
