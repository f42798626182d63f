// Rows of the generated log as bytes: text is put together digit by digit in one buffer, for a string per cell would cost more than
// everything else.
import { BLOCK_ROWS, type LogBlock } from './log.js';

/** The text around the numbers of a row: `lead user middle item gap time trail`. */
export interface RowText {
  readonly header: string;
  readonly lead: string;
  readonly middle: string;
  readonly gap: string;
  readonly trail: string;
}

/** Forms of a row. */
export const ROW_TEXTS: Readonly<Record<'csv' | 'jsonl' | 'atomic', RowText>> = {
  csv: { header: 'user,item,time\n', lead: 'user-', middle: ',item-', gap: ',', trail: '\n' },
  jsonl: { header: '', lead: '{"user":"user-', middle: '","item":"item-', gap: '","time":', trail: '}\n' },
  atomic: {
    header: 'user_id:token\titem_id:token\ttimestamp:float\n',
    lead: 'user-',
    middle: '\titem-',
    gap: '\t',
    trail: '\n',
  },
};

/** Most digits of a number below 2^31. */
const DIGITS = 10;
const ZERO = 0x30;

/** Turns blocks into bytes. The bytes are valid until the next block. */
export function rowWriter(text: RowText): (block: LogBlock) => Uint8Array {
  const [lead, middle, gap, trail] = [text.lead, text.middle, text.gap, text.trail].map((part) => Buffer.from(part));
  const fixed = text.lead.length + text.middle.length + text.gap.length + text.trail.length;
  const bytes = new Uint8Array(BLOCK_ROWS * (fixed + 3 * DIGITS));
  let at = 0;
  const put = (part: Uint8Array | undefined): void => {
    if (part === undefined) return;
    for (let index = 0; index < part.length; index++) bytes[at++] = part[index]!;
  };
  // Ids and times are below 2^31.
  const number = (value: number): void => {
    let end = at + 1;
    for (let power = 10; power <= value; power *= 10) end++;
    let rest = value | 0;
    for (let place = end - 1; place >= at; place--) {
      const tenth = (rest / 10) | 0;
      bytes[place] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    at = end;
  };
  return ({ rows, users, items, times }) => {
    at = 0;
    for (let row = 0; row < rows; row++) {
      put(lead);
      number(users[row]! + 1);
      put(middle);
      number(items[row]! + 1);
      put(gap);
      number(times[row]!);
      put(trail);
    }
    return bytes.subarray(0, at);
  };
}
