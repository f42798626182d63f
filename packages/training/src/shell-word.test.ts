// Whatever a word of a printed command holds, a shell gives it back as it was.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shellWord } from './shell-word.js';

it('plain words stay plain', () => {
  for (const word of ['runs/shop-1', '--out', '-k', 'data/Ökobaumärkte', 'a=b', 'B004,B017'])
    expect(shellWord(word)).toBe(word);
});

it('blanks are quoted as people quote them', () => {
  expect(shellWord('runs/my shop')).toBe('"runs/my shop"');
  expect(shellWord('')).toBe('""');
});

it.skipIf(process.platform === 'win32')('a shell reads any word back', () => {
  const special = fc.string({
    unit: fc.constantFrom(...'a -"\'$`\\!*?#~&|;<>(){}[]=%\t\n'),
    minLength: 0,
    maxLength: 12,
  });
  const words = fc.array(
    fc.oneof(
      special,
      fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    ),
    {
      minLength: 40,
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(words, (all) => {
      // printf gives the words as the shell understood them, each ended by NUL.
      const script = String.raw`printf '%s\0' ${all.map(shellWord).join(' ')}`;
      expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(all);
    }),
    { numRuns: 25 },
  );
});
