import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fieldsRefused, succeeded } from './fixtures/answers.ts'
import { compoundFile, contents, officeFile } from './fixtures/file-contents.ts'
import { ashaWithContact, file, storedFiles } from './fixtures/note-keeper.ts'
import { type SharedBook, sharedBook } from './fixtures/shared-book.ts'
import { stores } from './harness.ts'

// The ending of a file has to fit its content, so that no file is stored under a name that would run it.

const contentOf = (type: string): Buffer => contents[type] ?? assert.fail(type)
const openXml = 'application/vnd.openxmlformats-officedocument.'
const openDocument = 'application/vnd.oasis.opendocument.'
const text = Buffer.from('a,b\n1,2\n')

for (const store of stores) {
  describe(store, () => {
    const book = sharedBook(store)
    describe('a file whose ending fits its content', () => fitting(book))
    describe('a file whose ending does not fit its content', () => misfits(book))
  })
}

function fitting(book: SharedBook): void {
  const byEnding: Record<string, [type: string, content: Buffer]> = {
    'a.jpg': ['image/jpeg', contentOf('image/jpeg')],
    'a.JPEG': ['image/jpeg', contentOf('image/jpeg')],
    'a.png': ['image/png', contentOf('image/png')],
    'a.gif': ['image/gif', contentOf('image/gif')],
    'a.webp': ['image/webp', contentOf('image/webp')],
    'a.pdf': ['application/pdf', contentOf('application/pdf')],
    'bom.pdf': ['application/pdf', Buffer.concat([Buffer.from('\uFEFF\r\n'), contentOf('application/pdf')])],
    'a.doc': ['application/msword', contentOf('application/msword')],
    'a.xls': ['application/vnd.ms-excel', contentOf('application/vnd.ms-excel')],
    'a.ppt': ['application/vnd.ms-powerpoint', contentOf('application/vnd.ms-powerpoint')],
    ...Object.fromEntries(
      Object.entries({
        'wordprocessingml.document': 'a.docx',
        'wordprocessingml.template': 'a.dotx',
        'spreadsheetml.sheet': 'a.xlsx',
        'spreadsheetml.template': 'a.xltx',
        'presentationml.presentation': 'a.pptx',
        'presentationml.template': 'a.potx',
        'presentationml.slideshow': 'a.ppsx',
      }).map(([kind, name]) => [name, [openXml + kind, contentOf(openXml + kind)]]),
    ),
    ...Object.fromEntries(
      Object.entries({
        text: 'a.odt',
        'text-template': 'a.ott',
        spreadsheet: 'a.ods',
        'spreadsheet-template': 'a.ots',
        presentation: 'a.odp',
        'presentation-template': 'a.otp',
      }).map(([kind, name]) => [name, [openDocument + kind, contentOf(openDocument + kind)]]),
    ),
    'a.txt': ['text/plain; charset=utf-8', text],
    'a.csv': ['text/csv; charset=utf-8', text],
    'a.md': ['text/plain; charset=utf-8', text],
    'a.log': ['text/plain; charset=utf-8', text],
    'of-pdfs.txt': ['text/plain; charset=utf-8', Buffer.from('A PDF begins with %PDF-1.4')],
  }

  test('is served with its media type, as a download that no browser opens as a page', async () => {
    const asha = await ashaWithContact(book)
    const files = Object.entries(byEnding)
    for (let at = 0; at < files.length; at += 10) {
      const parts = files.slice(at, at + 10).map(([name, [, content]]) => file(name, content))
      succeeded(await asha.add({ note: 'x' }, parts))
    }
    const attachments = (await asha.notes()).flatMap(({ attachment }) => attachment)
    assert.equal(attachments.length, files.length)
    for (const { fileName, fileLink } of attachments) {
      const reply = await fetch(fileLink)
      const [type, content] = byEnding[fileName] ?? assert.fail(fileName)
      assert.equal(reply.headers.get('content-type'), type, fileName)
      assert.match(reply.headers.get('content-disposition') ?? '', /^attachment/)
      assert.deepEqual(Buffer.from(await reply.arrayBuffer()), content)
    }
  })
}

function misfits(book: SharedBook): void {
  const script = Buffer.from('<script>new ActiveXObject("WScript.Shell")</script>')
  const macroEnabled = (kind: string) => `application/${kind}.macroEnabled`
  const refused: Record<string, [content: Buffer, sentence: RegExp]> = {
    'setup.msi': [
      compoundFile(['WordDocument'], { rootClass: '84100c0000000000c000000000000046' }),
      /is a Windows installer with the ending \.msi; accepted are JPEG, PNG/,
    ],
    'word.msi': [
      contentOf('application/msword'),
      /is a Word document with the ending \.msi; .* must end in \.doc, \.dot\./,
    ],
    'mail.msg': [
      compoundFile(['__properties_version1.0']),
      /is of an unknown kind with the ending \.msg; accepted are/,
    ],
    'invoice.hta': [script, /is plain text with the ending \.hta; plain text must end in \.txt, \.csv,/],
    'page.html': [script, /is plain text with the ending \.html;/],
    'picture.svg': [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), /is plain text with the ending \.svg;/],
    'run.bat': [Buffer.from('del *.*'), /is plain text with the ending \.bat;/],
    'run.txt.ps1': [Buffer.from('rm *'), /is plain text with the ending \.ps1;/],
    'run.txt\u202E.js': [Buffer.from('1'), /is plain text with the ending \.js;/],
    'bill.pdf': [text, /is plain text with the ending \.pdf;/],
    'bill.txt': [
      contentOf('application/pdf'),
      /is a PDF document with the ending \.txt; a PDF document must end in \.pdf\./,
    ],
    'picture.jpg': [
      contentOf('image/png'),
      /is a PNG image with the ending \.jpg; a PNG image must end in \.png, \.apng\./,
    ],
    README: [text, /is plain text with no usual ending; plain text must end in/],
    'dot.': [text, /is plain text with no usual ending;/],
    'a.<b>': [text, /is plain text with no usual ending;/],
    'a.docm': [
      officeFile('word', macroEnabled('vnd.ms-word.document')),
      /an office document with macros .* \.docm; accepted/,
    ],
    'a.xlsm': [
      officeFile('xl', macroEnabled('vnd.ms-excel.sheet')),
      /an office document with macros .* \.xlsm; accepted/,
    ],
    'a.pptm': [
      officeFile('ppt', macroEnabled('vnd.ms-powerpoint.presentation')),
      /an office document with macros .* \.pptm; accepted/,
    ],
    'macros.docx': [
      officeFile('word', macroEnabled('vnd.ms-word.document')),
      /an office document with macros .* \.docx;/,
    ],
    'a.xlsb': [officeFile('xl', macroEnabled('vnd.ms-excel.sheet.binary')), /with the ending \.xlsb; /],
    'a.dotx': [
      contentOf(`${openXml}wordprocessingml.document`),
      /is a Word document .* \.dotx; .* must end in \.docx\./,
    ],
  }

  test('is refused by a sentence that names both, and nothing of it is stored', async () => {
    const asha = await ashaWithContact(book)
    const before = storedFiles(book)
    for (const [name, [content, sentence]] of Object.entries(refused)) {
      const reply = await asha.add({ note: 'x' }, [file('good.txt', 'x'), file(name, content)])
      assert.match(fieldsRefused(reply, 'files.1')['files.1'] ?? '', sentence, name)
    }
    assert.deepEqual(await asha.notes(), [])
    assert.deepEqual(storedFiles(book), before)
  })
}
