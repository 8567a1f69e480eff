import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type StoreName, storeNames } from './book-place.ts'
import { type CaseName, caseNames } from './cases.ts'
import { type LoadTool, loadTools } from './load.ts'

/** What a run of the benchmark measures, and for how long. */
export type Flags = {
  /** The stores whose books are measured. */
  stores: StoreName[]
  /** A database of the coordinator of a Citus cluster, whose user may make databases on all nodes. */
  citusUrl: string | undefined
  /** How many contacts a book holds before it is measured, one round of measurements each. */
  contacts: number[]
  /** How long one measurement runs, after a warm-up of a quarter of it. */
  seconds: number
  only: CaseName[]
  /** Undefined takes wrk where it is installed, else autocannon. */
  load: LoadTool | undefined
  profile: boolean
  /** Undefined compares with nothing. */
  baseline: Baseline | undefined
}

/** Another checkout, with its dependencies installed, and how many pairs of rounds addContact is compared in. */
export type Baseline = { checkout: string; pairs: number }

const usage = `npm run bench -- [options]
  --stores sqlite,postgres where the books lie; citus as well, where --citus-url says where that is
  --citus-url postgres://… a database of a Citus coordinator whose user may make databases on all nodes
  --contacts 0,1000000     contacts in the book before measuring, a round of measurements each
  --seconds 8              length of one measurement, 1 to 120
  --only addContact,…      of ${caseNames.join(', ')}
  --load wrk|autocannon    the load generator; wrk where it is installed
  --baseline DIR           compare addContact with that of another checkout, which has its node_modules
  --pairs 16               with --baseline: pairs of rounds of a quarter of --seconds each, 6 to 200
  --profile                run addContact, or --only those, with the server under the CPU profiler; print what takes the time`

const contactsMax = 20_000_000
const secondsMax = 120
const pairsMin = 6
const pairsMax = 200

/** Reads the command line; throws with every fault in one message. */
export function readFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      stores: { type: 'string' },
      'citus-url': { type: 'string' },
      contacts: { type: 'string', default: '0,1000000' },
      seconds: { type: 'string', default: '8' },
      only: { type: 'string' },
      load: { type: 'string' },
      baseline: { type: 'string' },
      pairs: { type: 'string', default: '16' },
      profile: { type: 'boolean', default: false },
    },
  })
  const faults: string[] = []
  const citusUrl = values['citus-url']
  const usual = citusUrl === undefined ? 'sqlite,postgres' : storeNames.join(',')
  const stores = (values.stores ?? usual).split(',').flatMap((text) => oneOf('stores', text, storeNames, faults))
  if (stores.includes('citus') && citusUrl === undefined) faults.push('--stores: citus needs --citus-url')
  const contacts = values.contacts.split(',').map((text) => wholeNumber('contacts', text, 0, contactsMax, faults))
  const seconds = wholeNumber('seconds', values.seconds, 1, secondsMax, faults)
  const named = values.only ?? (values.profile ? caseNames[0] : caseNames.join(','))
  const only = named.split(',').flatMap((text) => oneOf('only', text, caseNames, faults))
  const load = values.load === undefined ? [] : oneOf('load', values.load, loadTools, faults)
  const pairs = wholeNumber('pairs', values.pairs, pairsMin, pairsMax, faults)
  const baseline = values.baseline === undefined ? undefined : { checkout: checkoutAt(values.baseline, faults), pairs }
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\n\n${usage}`)
  return { stores, citusUrl, contacts, seconds, only, load: load[0], profile: values.profile, baseline }
}

function checkoutAt(folder: string, faults: string[]): string {
  const checkout = resolve(folder)
  for (const file of ['bench/fill.ts', 'node_modules/.bin/contactbook', 'node_modules/.bin/node']) {
    if (!existsSync(join(checkout, file))) faults.push(`--baseline: ${folder} has no ${file}`)
  }
  return checkout
}

function wholeNumber(flag: string, text: string, min: number, max: number, faults: string[]): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) faults.push(`--${flag}: ${text} is no whole number from ${min} to ${max}`)
  return value
}

function oneOf<Name extends string>(flag: string, text: string, names: readonly Name[], faults: string[]): Name[] {
  const name = names.find((candidate) => candidate === text)
  if (!name) faults.push(`--${flag}: ${text} is none of ${names.join(', ')}`)
  return name ? [name] : []
}
