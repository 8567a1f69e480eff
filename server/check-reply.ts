import { type OperationName, routeOf } from '@contactbook/contract/routes.ts'

/** Holds a reply against its route's schema, the order of its keys too. Throws where they differ. */
export function checkReply(operation: OperationName, data: unknown): void {
  const parsed = routeOf(operation).reply.parse(data)
  if (JSON.stringify(parsed) !== JSON.stringify(data)) throw new Error(`${operation} answers its keys out of order`)
}
