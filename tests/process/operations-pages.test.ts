import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { operationNames, routeOf } from '@contactbook/contract/routes.ts'
import { meera } from '../fixtures/people.ts'
import { eventually } from './eventually.ts'
import { serverOfSuite } from './server-of-suite.ts'

describe('the pages for operations', () => {
  const server = serverOfSuite([])
  const page = (path: string, headers: Record<string, string> = {}) => fetch(server().url + path, { headers })
  const metrics = async () => {
    const reply = await page('/metrics', { authorization: `Bearer ${server().firstRun().adminToken}` })
    assert.equal(reply.status, 200)
    return reply.text()
  }

  test('/healthz and /readyz say that the server is well, to anyone', async () => {
    for (const path of ['/healthz', '/readyz']) {
      const reply = await page(path)
      assert.equal(reply.status, 200, path)
      await reply.text()
    }
  })

  test('/metrics is for those with the admin token', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const reply = await page('/metrics', headers)
      assert.equal(reply.status, 401)
      assert.ok(!(await reply.text()).includes('addContact'))
    }
    assert.match(await metrics(), /^# HELP /m)
  })

  test('/metrics counts each operation by its status code', async () => {
    const asha = server().firstCaller()
    const { tagId } = server().firstRun()
    const before = { taken: counted(await metrics(), 'TXN'), refused: counted(await metrics(), 'RPI') }
    for (const mobile of ['9876500001', '9876500002', 'none']) {
      await asha.call('POST', '/contacts/profile', meera(tagId, { mobile }))
    }
    await eventually('the counts', async () => {
      const text = await metrics()
      return counted(text, 'TXN') === before.taken + 2 && counted(text, 'RPI') === before.refused + 1
    })
  })

  test('/metrics tells how long operations take, how long the queue is, and how commits go', async () => {
    await server().firstCaller().tag('Measured')
    const text = await metrics()
    assert.match(text, /_seconds_bucket\{[^}]*operation="addTag"[^}]*\} \d/)
    assert.match(text, /^# TYPE \S*queue\S* gauge$/m)
    assert.match(text, /^# TYPE \S*group\S* histogram$/m)
    assert.match(text, /^# TYPE \S*commit\S* histogram$/m)
    assert.match(text, /^\w*process_resident_memory_bytes \d/m)
  })

  test('/metrics names no account and no person', async () => {
    const asha = server().firstCaller()
    await asha.tag('Plantedtag')
    const text = await metrics()
    for (const value of ['Plantedtag', asha.clientId, asha.clientSecret, '189590']) assert.ok(!text.includes(value))
  })

  test('/openapi.json is OpenAPI 3.1 and has every operation at its path and method', async () => {
    const reply = await page('/openapi.json')
    assert.equal(reply.status, 200)
    assert.match(reply.headers.get('content-type') ?? '', /^application\/json/)
    const document = JSON.parse(await reply.text())
    assert.match(document.openapi, /^3\.1\.\d+$/)
    for (const name of operationNames) {
      const { method, path } = routeOf(name)
      assert.equal(document.paths[path]?.[method.toLowerCase()]?.operationId, name)
    }
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)
    for (const [, pointer = ''] of references) assert.ok(resolve(document, pointer), `${pointer} leads nowhere`)
  })

  test('/docs is a page that loads nothing from another host', async () => {
    const reply = await page('/docs')
    assert.equal(reply.status, 200)
    assert.match(reply.headers.get('content-type') ?? '', /^text\/html/)
    const html = await reply.text()
    assert.deepEqual(foreignAddresses(html), [])
    for (const script of addresses(html)) {
      assert.equal((await fetch(new URL(script, reply.url))).status, 200, script)
    }
    // The page's own program could still ask elsewhere for fonts or through a proxy; the browser is told to forbid it.
    const policy = reply.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'self'|default-src 'none'/)
    assert.ok(!/https?:\/\/|(?<![\w'-])\*|connect-src[^;]*(https:|\*)/.test(policy), policy)
  })
})

/** How often addContact was answered with a status code. */
function counted(metrics: string, statuscode: string): number {
  const lines = metrics
    .split('\n')
    .filter((line) => /^\w+(_total|_count)\{/.test(line))
    .filter((line) => line.includes('operation="addContact"') && line.includes(`statuscode="${statuscode}"`))
  return Number(lines[0]?.split(' ').at(-1) ?? 0)
}

function resolve(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .reduce((node, key) => (node as Record<string, unknown>)?.[key.replaceAll('~1', '/')], document)
}

/** All that a page loads. */
function addresses(html: string): string[] {
  const tags = html.match(/<(script|link|img|iframe)\b[^>]*>/gi) ?? []
  return tags.flatMap((tag) => /\b(?:src|href)\s*=\s*["']?([^"'\s>]+)/i.exec(tag)?.[1] ?? [])
}

function foreignAddresses(html: string): string[] {
  const imports = html.match(/@import[^;]+|url\([^)]+\)/gi) ?? []
  const loaded = [...addresses(html), ...imports]
  return loaded.filter((address) => /(https?:)?\/\/(?!127\.0\.0\.1)/i.test(address))
}
