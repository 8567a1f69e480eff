import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

// The bare server every number is compared with: takes a body, answers as many bytes as the service does, and does
// nothing else. `GET /400` answers 400 bytes.

const answers = new Map<string, Buffer>()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    Buffer.concat(chunks)
    const answer = answerOf(request.url ?? '/0')
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': answer.length })
    response.end(answer)
  })
})

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`http://127.0.0.1:${port}\n`)
})
process.once('SIGTERM', () => process.exit(0))

function answerOf(path: string): Buffer {
  const known = answers.get(path)
  if (known) return known
  const answer = Buffer.alloc(Number(path.slice(1)), '{"statuscode":"TXN"}'.padEnd(64))
  answers.set(path, answer)
  return answer
}
