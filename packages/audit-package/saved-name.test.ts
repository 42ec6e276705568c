import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { type DocumentType, mediaTypes } from './document-type.ts';
import { savedName } from './saved-name.ts';

describe('the name under which a document is saved', () => {
  it.each<[string, DocumentType, string]>([
    ['manual.pdf', 'pdf', 'manual.pdf'],
    ['evidence/2026/Photo of the yard.JPEG', 'jpeg', 'Photo of the yard.JPEG'],
    ['evidence/Übersicht – 50 %.xlsx', 'xlsx', 'Übersicht – 50 %.xlsx'],
    ['evidence/report v1.2', 'pdf', 'report v1.2.pdf'],
    ['evidence/plan.docx', 'office', 'plan.docx'],
    ['evidence/plan.doc', 'office', 'plan.bin'],
    // What would run.
    ['evidence/form.html', 'docx', 'form.docx'],
    ['evidence/form.hta', 'docx', 'form.docx'],
    ['evidence/form.bat', 'docx', 'form.docx'],
    ['evidence/form.jar', 'xlsx', 'form.xlsx'],
    ['evidence/setup.exe', 'pdf', 'setup.pdf'],
    ['evidence/setup.exe.', 'pdf', 'setup.pdf'],
    ['evidence/setup.exe. . ', 'pdf', 'setup.pdf'],
    ['evidence/picture.svg', 'png', 'picture.png'],
    ['evidence/.htaccess', 'png', 'document.png'],
    // What would look like another name.
    ['evidence/invoice\u202efdp.exe', 'pdf', 'invoicefdp.pdf'],
    ['evidence/a\u0000b\r\nc\u200b\ufeff\ud800.pdf', 'pdf', 'abc.pdf'],
    ['evidence/a"b;c<d>|e?.pdf', 'pdf', 'a_b;c_d__e_.pdf'],
    ['evidence/C:\\run.pdf', 'pdf', 'C__run.pdf'],
    // What a system keeps for itself.
    ['evidence/CON.pdf', 'pdf', '_CON.pdf'],
    ['evidence/com1.old.pdf', 'pdf', '_com1.old.pdf'],
    ['evidence/lpt\u00b2.png', 'png', '_lpt\u00b2.png'],
    ['evidence/con .png', 'png', '_con.png'],
    ['evidence/console.png', 'png', 'console.png'],
    ['evidence/...', 'png', 'document.png'],
    [`evidence/${'ä'.repeat(300)}.pdf`, 'pdf', `${'ä'.repeat(100)}.pdf`],
  ])('%j with the content of a %s: %j', (path, type, name) => {
    expect(savedName(path, type)).toBe(name);
  });

  test('whatever the path is, its end is the type, and it is plain', () => {
    const types = Object.keys(mediaTypes) as DocumentType[];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...types), (path, type) => {
        const name = savedName(path, type);
        const ends = { pdf: 'pdf', jpeg: 'jpe?g', png: 'png', docx: 'docx', xlsx: 'xlsx', office: 'bin|docx|xlsx' }[
          type
        ];
        expect(name).toMatch(new RegExp(`^[^. ].*\\.(${ends})$`, 'iu'));
        expect(name).not.toMatch(/[\p{C}\p{Zl}\p{Zp}<>:"/\\|?*]/u);
        expect(Buffer.byteLength(name)).toBeLessThan(255);
        expect(savedName(name, type)).toBe(name);
      }),
    );
  });
});
