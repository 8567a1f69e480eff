import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { assertRefused, succeeded } from './fixtures/answers.ts'
import { listedIds } from './fixtures/lists.ts'
import { ashaWithContact, file } from './fixtures/note-keeper.ts'
import { contactOf, meera } from './fixtures/people.ts'
import { holds } from './fixtures/property.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { type Caller, stores } from './harness.ts'

// Texts that are compared without case, and searched without invisible characters.

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a search', () => searches(book))
    describe('a search for digits and separators alone', () => mobileSearches(book))
    describe('a name that is equal to another after folding', () => sameNames(book))
  })
}

async function isFound(asha: Caller, q: string, id: string): Promise<void> {
  assert.ok((await listedIds(asha, { q })).includes(id), JSON.stringify(q))
}

function searches(book: SharedBook): void {
  test('ignores case, in any script', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const names = {
      'ΟΣΙΑ Νίκος': ['ΟΣ', 'ος', 'οσια', 'νίκοσ', 'ΝΊΚΟΣ'],
      'Strauß & Söhne': ['STRAUSS', 'strauß', 'STRAUẞ', 'sohne', 'SÖHNE'],
      'Diyarbakır ISPARTA': ['diyarbakır', 'isparta', 'ISPARTA'],
      ᏣᎳᎩ: ['ꮳꮃꭹ', 'ᏣᎳᎩ'],
      ﬁnance: ['FINANCE', 'ﬁn'],
    }
    for (const [name, queries] of Object.entries(names)) {
      const { _id } = await asha.contact(meera(tagId, { name }))
      for (const q of queries) await isFound(asha, q, _id)
    }
    assert.deepEqual(await listedIds(asha, { q: 'diyarbakir' }), [])
  })

  test('ignores joiners, soft hyphens and other invisible characters', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const names = ['علی\u200cرضا', 'ශ්\u200dරී', 'दर्\u200dया', 'Donau\u00addampf', 'word\u2060joiner', 'a\ufe0fb']
    for (const name of names) {
      const { _id } = await asha.contact(meera(tagId, { name, companyName: `${name} Ltd` }))
      const plain = name.replace(/\p{Default_Ignorable_Code_Point}/gu, '')
      for (const q of [name, plain, [...plain].join('\u200d'), `\u200c${plain.slice(0, -1)}`])
        await isFound(asha, q, _id)
    }
  })

  test('finds a contact by any of its words, in another case or form, with invisible characters in between', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const letters = 'aZéÅßΣσςıİджКЖकर्षश्रीعلیꮳﬁǰŉ한글'
    const word = fc
      .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 8 })
      .map((characters) => characters.join(''))
      .filter((text) => /^\p{L}/u.test(text))
    const unseen = fc.constantFrom('', '\u200d', '\u200c', '\u00ad', '\u2060')
    const changed = fc.constantFrom<(text: string) => string>(
      (text) => text.toLowerCase(),
      (text) => (text.includes('ı') ? text : text.toUpperCase()),
      (text) => text.normalize('NFD'),
      (text) => text.normalize('NFC'),
    )
    await holds(
      [fc.array(word, { minLength: 1, maxLength: 4 }), unseen, changed],
      60,
      async (words, hidden, change) => {
        const { _id } = await asha.contact(meera(tagId, { name: words.join(' ') }))
        for (const one of words) await isFound(asha, change([...one].join(hidden)), _id)
      },
    )
  })
}

function mobileSearches(book: SharedBook): void {
  test('also finds a mobile, however it is written', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const { _id: indian } = await asha.contact(meera(tagId, { mobile: '9876543210' }))
    const { _id: foreign } = await asha.contact(meera(tagId, { name: 'Wei', mobile: '+6581234567' }))
    for (const q of ['98765 43210', '+91 98765-43210', '098765 43210', '(98765) 432', '00 91 98765', '98765.43210']) {
      assert.deepEqual(await listedIds(asha, { q }), [indian], q)
    }
    for (const q of ['+65 8123', '8123-4567', '\u202a+65\u2011 8123 4567\u202c']) {
      assert.deepEqual(await listedIds(asha, { q }), [foreign], q)
    }
    for (const q of ['98765 99999', '43210', '+ ( )', 'x98765 43210'])
      assert.deepEqual(await listedIds(asha, { q }), [], q)
  })

  test('finds contacts that have the digits as words as well, in any order and page by page', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const { _id: plot } = await asha.contact(meera(tagId, { name: 'Plot 98 Lane 76', mobile: '7428585742' }))
    const { _id: mobile } = await asha.contact(meera(tagId, { name: 'Ravi', mobile: '9876543210' }))
    await asha.contact(meera(tagId, { name: 'Plot 98', mobile: '7428585743' }))
    for (const sort of ['created', 'name', 'updated']) {
      assert.deepEqual(await listedIds(asha, { q: '98 76', sort }), [plot, mobile])
      assert.deepEqual(await listedIds(asha, { q: '98 76', sort: `-${sort}` }), [mobile, plot])
    }
    const first = await asha.call('GET', '/contacts/profile?q=98+76&limit=1')
    const [, next = ''] = /<[^>]+(\/contacts[^>]+)>/.exec(first.headers.get('link') ?? '') ?? []
    assert.equal(succeeded(await asha.call('GET', next))[0]._id, mobile)
  })
}

function sameNames(book: SharedBook): void {
  test('is taken where it is that of a tag', async () => {
    const asha = await book().account()
    for (const [name, same] of Object.entries({ ΟΔΟΣ: 'οδοσ', Strauß: 'STRAUSS', Éclair: 'e\u0301CLAIR' })) {
      const existingId = await asha.tag(name)
      const reply = await asha.call('POST', '/contacts/tag', { name: same, hexColorCode: '#000000' })
      assertRefused(reply, { statuscode: 'ERR', status: 'The name has already been taken.', data: { existingId } })
    }
    await asha.tag('Kapi')
    await asha.tag('Kapı')
  })

  test('is that of the same e-mail address', async () => {
    const asha = await book().account()
    const tagId = await asha.tag('Staff')
    const { _id } = await asha.contact(meera(tagId, { email: 'ΟΔΟΣ@straße.de' }))
    for (const email of ['οδος@STRASSE.DE', 'οδοσ@Straße.de']) {
      assert.deepEqual(await listedIds(asha, { email }), [_id])
      const again = await asha.call('POST', '/contacts/profile', meera(tagId, { email }))
      assert.equal(again.headers.get('contactbook-existing'), 'true')
    }
    assert.deepEqual(await listedIds(asha, { email: 'οδο@strasse.de' }), [])
  })

  test('is that of a file, so that the later one is numbered', async () => {
    const asha = await ashaWithContact(book)
    succeeded(
      await asha.add({ note: 'x' }, [
        file('ΟΔΟΣ.txt', 'a'),
        file('οδος.txt', 'b'),
        file('STRASSE.txt', 'c'),
        file('Straße.txt', 'd'),
      ]),
    )
    assert.deepEqual(await asha.fileNames(), ['ΟΔΟΣ.txt', 'οδος (2).txt', 'STRASSE.txt', 'Straße (2).txt'])
  })

  test('orders contacts as the folded one does', async () => {
    const asha = await book().account()
    const ids = []
    for (const name of ['stra\u00dfe a', 'STRASSE b', 'Strasse c', 'ΣΑΣ', 'σας β'])
      ids.push(await contactOf(asha, name))
    assert.deepEqual(await listedIds(asha, { sort: 'name' }), ids)
  })
}
