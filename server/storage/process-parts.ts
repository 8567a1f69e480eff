import { createHmac, randomBytes } from 'node:crypto'

/**
 * The process part of ids by account: five bytes that only this process can derive, so that the ids of one account
 * reveal nothing about others. Two accounts of a process get the same part with a probability of 2^-40.
 */
export function createProcessParts(): (userId: number) => string {
  const key = randomBytes(32)
  return (userId) => createHmac('sha256', key).update(String(userId)).digest('hex').slice(0, 10)
}
