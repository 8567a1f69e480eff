import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from './architecture/source-file.ts'
import { succeeded } from './fixtures/answers.ts'
import { ashaWithContact, file } from './fixtures/note-keeper.ts'
import { accountThat, bankAccount, paymentsOf } from './fixtures/payment-calls.ts'
import { startBook } from './harness.ts'
import { assertFailed, succeeded as commandSucceeded, commandsOf, contactbook } from './process/command.ts'
import { checkout, freshDataDir, shellEnvironment, startServer } from './process/server-process.ts'

// The commands about money and who gets it, and the page that teaches them.

const run = promisify(execFile)

test('wallet show answers balance and entries, and the same as a table for people', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const asha = await book.account()
  succeeded(await (await paymentsOf(asha)).addVerified('order 7'))
  const account = ['--account', String(asha.userId)]
  const wallet = await json('wallet', 'show', ...account)
  assert.deepEqual(Object.keys(wallet), ['balance', 'entries'])
  assert.equal(wallet.balance, '997.82')
  assert.deepEqual(Object.keys(wallet.entries[0]), ['seq', 'kind', 'amount', 'balance', 'reference', 'createdAt'])
  const [sentence, heading, first, second, end] = (await text('wallet', 'show', ...account)).split('\n')
  assert.equal(sentence, 'The wallet holds 997.82.')
  assert.match(heading ?? '', /^SEQ +KIND +AMOUNT +BALANCE +CREATED +REFERENCE$/)
  assert.match(first ?? '', /^1 +opening +1000\.00 +1000\.00 +\d{4}-/)
  assert.match(second ?? '', /^2 +verification +-2\.18 +997\.82 +\d{4}-.* order 7$/)
  assert.equal(end, '')
})

test('wallet show of a LIVE account, which has paid nothing yet, says so', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const account = ['--account', String((await book.account({ environment: 'LIVE' })).userId)]
  assert.deepEqual(await json('wallet', 'show', ...account), { balance: '0.00', entries: [] })
  assert.equal(await text('wallet', 'show', ...account), 'The wallet holds 0.00. It has no entries.\n')
})

test('wallet show goes on behind the first thousand entries', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { userId } = await book.account()
  const path = `/admin/v1/accounts/${userId}/wallet/top-up`
  for (let batch = 0; batch < 17; batch++)
    await Promise.all(Array.from({ length: 60 }, () => book.admin('POST', path, { amount: '0.01' })))
  const { balance, entries } = await commandsOf(book).json('wallet', 'show', '--account', String(userId))
  assert.equal(balance, '1010.20')
  assert.deepEqual(
    entries.map(({ seq }: { seq: number }) => seq),
    Array.from({ length: 1021 }, (_, place) => place + 1),
  )
})

test('wallet top-up answers the one entry it made', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const account = ['--account', String((await book.account()).userId)]
  const entry = await json('wallet', 'top-up', ...account, '--amount', '100.00', '--reference', 'for मार्च')
  assert.deepEqual(
    [entry.kind, entry.amount, entry.balance, entry.reference],
    ['top_up', '100.00', '1100.00', 'for मार्च'],
  )
  const shown = await text('wallet', 'top-up', ...account, '--amount', '0.50')
  assert.match(shown, /^The wallet of account \d+ is topped up\.\n/)
  assert.match(shown, /balance +1100\.50\n.*reference +top-up\n/)
  assert.equal((await json('wallet', 'show', ...account)).entries.length, 3)
})

test('payment list shows people what the bank said, and a number by its last four characters only', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const asha = await book.account()
  const meera = await paymentsOf(asha)
  const words = ['payment', 'list', '--account', String(asha.userId), '--contact', meera.gcId]
  assert.deepEqual(await json(...words), [])
  assert.equal(await text(...words), 'The contact has no payment methods.\n')
  const paymentId = succeeded(await meera.addVerified('r1'))._id
  await meera.setPrimary(paymentId)
  await meera.added({ accountType: 'VPA', upiId: 'meera@okbank' })
  await meera.added({ accountType: 'WALLET', phoneNumber: '9876543210' })
  const [heading, bank = '', upi = '', phone = ''] = (await text(...words)).split('\n')
  assert.match(heading ?? '', /^PAYMENT ID +TYPE +NUMBER +PRIMARY +VERIFIED +MATCH +BENEFICIARY +NAME AT BANK +BANK$/)
  assert.ok(bank.startsWith(`${paymentId}  ACCOUNT  **********5678  primary  20`), bank)
  assert.match(bank, / 100 +Meera Nair +MEERA NAIR +HDFC Bank$/)
  assert.match(upi, / VPA +\*{8}bank +- +- +- +- +- +-$/)
  assert.match(phone, / WALLET +\*{6}3210 /)
  const shown = await text(...words)
  for (const number of [bankAccount.accountNumber, 'meera@okbank', '9876543210']) assert.ok(!shown.includes(number))
  const listed: { accountNumber: string }[] = await json(...words)
  assert.deepEqual(
    listed.map(({ accountNumber }) => accountNumber),
    [bankAccount.accountNumber, 'meera@okbank', '9876543210'],
  )
})

test('payment list shows nothing of a number that has four characters or fewer', async (t) => {
  const book = await startBook(t, 'sqlite')
  const asha = await book.account({ identifierChecks: 'off' })
  const meera = await paymentsOf(asha)
  await meera.added({ ...bankAccount, accountNumber: '4711' })
  const words = ['payment', 'list', '--account', String(asha.userId), '--contact', meera.gcId]
  const shown = await commandsOf(book).text(...words)
  assert.match(shown, / ACCOUNT +\*{4} /)
  assert.ok(!shown.includes('4711'))
})

test('simulator advance settles what is due, and answers where the clock is', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const meera = await paymentsOf(await book.account())
  assert.equal((await meera.addVerified('r1', accountThat.succeedsLater)).envelope.statuscode, 'TUP')
  const moved = await json('simulator', 'advance', '--seconds', '60')
  const now = new Date(book.clock.nowMs + 60_000).toISOString()
  assert.deepEqual(moved, { now, aheadSeconds: 60, asked: 1 })
  assert.equal((await meera.list()).length, 1)
  const shown = await text('simulator', 'advance', '--seconds', '5')
  assert.match(shown, /^The simulator's clock is moved ahead by 5 seconds\.\n/)
  assert.match(shown, /aheadSeconds +65\n.*asked +0\n/)
})

test('wallet top-up takes an amount with two decimals, with one or with none', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { json } = commandsOf(book)
  const account = ['--account', String((await book.account()).userId)]
  for (const [given, sent] of [
    ['100', '100.00'],
    ['100.5', '100.50'],
    ['100.50', '100.50'],
    ['1000000', '1000000.00'],
  ] as const) {
    assert.equal((await json('wallet', 'top-up', ...account, '--amount', given)).amount, sent)
  }
})

test('link-key rotate stops the links given out before, and new ones work', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { text, json } = commandsOf(book)
  const asha = await ashaWithContact(() => book)
  succeeded(await asha.add({ note: 'x' }, [file('a.txt', 'the first line')]))
  const link = async () => (await asha.notes())[0]?.attachment[0]?.fileLink ?? ''
  const old = await link()
  assert.equal((await fetch(old)).status, 200)
  assert.deepEqual(Object.keys(await json('link-key', 'rotate')), ['rotatedAt'])
  assert.equal((await fetch(old)).status, 404)
  const next = await link()
  assert.equal(String(await asha.download(next)), 'the first line')
  assert.match(await text('link-key', 'rotate'), /links given out before have stopped\.\n +rotatedAt +\d{4}-/)
  assert.equal((await fetch(next)).status, 404)
})

test('a command about money that the server refuses exits 1 with its code, and changes nothing', async (t) => {
  const book = await startBook(t, 'sqlite')
  const { run: command, json } = commandsOf(book)
  const live = String((await book.account({ environment: 'LIVE' })).userId)
  const contact = ['--contact', '645b280e95335f08eb021aa2']
  const topUp = (userId: string) => command('wallet', 'top-up', '--account', userId, '--amount', '1.00', '--json')
  assertFailed(await topUp('7'), 1, 'not_found', /account 7/)
  assertFailed(await topUp(live), 1, 'not_sandbox', /LIVE/)
  assertFailed(await command('wallet', 'show', '--account', '7', '--json'), 1, 'not_found', /account 7/)
  const listed = await command('payment', 'list', '--account', live, ...contact, '--json')
  assertFailed(listed, 1, 'not_found', /contact 645b280e95335f08eb021aa2/)
  assert.deepEqual(await json('wallet', 'show', '--account', live), { balance: '0.00', entries: [] })
})

test('the commands of the page on the emulator answer as documented after a rotation of the admin token', async (t) => {
  const dataDir = freshDataDir()
  const server = await startServer(t, { dataDir, flags: ['--verification-timeout-ms', '100', '--check-replies'] })
  commandSucceeded(await contactbook(['admin-token', 'rotate'], { CONTACTBOOK_DATA_DIR: dataDir }))
  const page = readFileSync(`${root}docs/emulator.md`, 'utf8')
  const typed = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, lines]) => lines).join('')
  const wanted = [...typed.matchAll(/ # ([A-Z]{3})\b/g)].map(([, statuscode]) => statuscode)
  assert.ok(wanted.length > 15, 'the outcomes were not found')
  const script = typed
    .replaceAll('http://127.0.0.1:8080', server.url)
    .replaceAll('data/first-run.json', `'${dataDir}/first-run.json'`)
    .replaceAll('npx contactbook', 'contactbook')
    // What a line should be answered is told before its answer, so that the two can be compared.
    .replaceAll(/^(.*) # ([A-Z]{3})\b.*$/gm, "printf '%s wanted: ' $2; $1")
  const env = { ...shellEnvironment, CONTACTBOOK_DATA_DIR: dataDir }
  const { stdout, stderr } = await run('sh', ['-e', '-c', script], { cwd: checkout, env })
  assert.equal(stderr, '')
  const answered = [...stdout.matchAll(/^([A-Z]{3}) wanted: \{"statuscode":"([A-Z]{3})"/gm)]
  assert.deepEqual(
    answered.map(([, , statuscode]) => statuscode),
    wanted,
    stdout,
  )
  for (const statuscode of ['TXN', 'TUP', 'IAN', 'FAB', 'SPD', 'SPE', 'IAB', 'DID', 'SNA'])
    assert.ok(stdout.includes(`{"statuscode":"${statuscode}"`), statuscode)
  assert.doesNotMatch(stdout, /"statuscode":"(RPI|ERR|ISE|IAC|OUE)"|"code":/)
})
