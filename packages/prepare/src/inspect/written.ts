// One cell as a written number: its unit, and what it is with a decimal comma and with a decimal point. The grammars are those of the pipeline.
import type { Decimal } from '../description/types.js';
import { numberForm } from '../prepare/numbers.js';

/** A cell that is a number to people. */
export interface Reading {
  readonly cell: string;
  /** Rows that have it. */
  readonly rows: number;
  /** What stands before or after the number; `''` where nothing does. */
  readonly unit: string;
  /** The number with a decimal comma, and with a decimal point; absent where it is none. */
  readonly comma?: number;
  readonly point?: number;
  /** What groups its thousands, if neither comma nor point does. */
  readonly grouped?: 'blank' | 'apostrophe';
  /** Its digits and marks alone. */
  readonly digits: string;
}

const FORMS: Readonly<Record<Decimal, RegExp>> = {
  ',': new RegExp(`^(?:${numberForm(',')})$`, 'u'),
  '.': new RegExp(`^(?:${numberForm('.')})$`, 'u'),
};

/** What stands before a number besides its sign, and after it besides what belongs to it: "12.-", "5,00-". */
const BEFORE = /^([-+]?)\s*([^\d\s.,'’+-]\D*?)\s*(?=[-+]?[.,]?\d)/u;
const AFTER = /\s*([^\d\s.,'’+–—-]\D*)$/u;

/** Reads a cell as `writtenNumberSql` does with the cell's own unit; undefined where it is no number in any way. */
export function readNumber(cell: string, rows: number): Reading | undefined {
  const text = cell.trim().replaceAll('−', '-');
  const before = BEFORE.exec(text)?.[2];
  const after = AFTER.exec(text)?.[1];
  if (before !== undefined && after !== undefined) return undefined;
  const bare = text.replace(BEFORE, '$1').replace(AFTER, '');
  const number = bare.replace(/[.,][-–—]+$/u, '').replace(/^([^-].*\d)-$/su, '-$1');
  const comma = numberAs(number, ',');
  const point = numberAs(number, '.');
  if (comma === undefined && point === undefined) return undefined;
  const digits = number.replace(/^[-+]/u, '');
  const grouped = /['’]/u.test(digits) ? 'apostrophe' : /\s/u.test(digits) ? 'blank' : undefined;
  return {
    cell,
    rows,
    unit: before ?? after ?? '',
    digits,
    ...(comma === undefined ? {} : { comma }),
    ...(point === undefined ? {} : { point }),
    ...(grouped === undefined ? {} : { grouped }),
  };
}

function numberAs(text: string, decimal: Decimal): number | undefined {
  if (!FORMS[decimal].test(text) || !/\d/u.test(text)) return undefined;
  const plain = text.replaceAll(decimal === ',' ? /[\s'’.]/gu : /[\s'’,]/gu, '').replace(',', '.');
  const number = Number(plain);
  return Number.isFinite(number) ? number : undefined;
}

/** Spellings of currencies, in lower case. Those of one currency may stand in one column. */
const CURRENCIES: Readonly<Record<string, string>> = {
  EUR: '€ eur euro euros',
  USD: '$ us$ usd us-$ dollar dollars',
  GBP: '£ gbp',
  JPY: '¥ jpy yen 円',
  CNY: 'cny rmb 元',
  INR: '₹ inr rs rs.',
  CHF: 'chf fr fr. sfr sfr.',
  kr: 'kr kr.',
  SEK: 'sek',
  NOK: 'nok',
  DKK: 'dkk',
  PLN: 'zł zl pln',
  CZK: 'kč kc czk',
  HUF: 'ft huf',
  RON: 'lei ron',
  BGN: 'лв лв. bgn',
  RUB: '₽ руб руб. р. rub',
  UAH: '₴ грн грн. uah',
  TRY: '₺ tl try',
  BRL: 'r$ brl',
  MXN: 'mx$ mxn',
  CAD: 'c$ ca$ cad',
  AUD: 'a$ au$ aud',
  NZD: 'nz$ nzd',
  SGD: 's$ sgd',
  HKD: 'hk$ hkd',
  KRW: '₩ krw 원',
  ILS: '₪ ils',
  THB: '฿ thb',
  VND: '₫ đ vnd',
  PHP: '₱ php',
  NGN: '₦ ngn',
  ZAR: 'zar',
  AED: 'aed',
  SAR: 'sar',
  KWD: 'kwd',
  BHD: 'bhd',
  OMR: 'omr',
  TND: 'tnd',
  JOD: 'jod',
  IQD: 'iqd',
};
const SPELLINGS: ReadonlyMap<string, string> = new Map(
  Object.entries(CURRENCIES).flatMap(([code, words]) => words.split(' ').map((word) => [word, code] as const)),
);
/** Currencies whose sums have three decimals. */
const MILS: ReadonlySet<string> = new Set(['KWD', 'BHD', 'OMR', 'TND', 'JOD', 'IQD']);

/** The currency that a unit spells, if it is one. */
export function currencyOf(unit: string): string | undefined {
  return SPELLINGS.get(unit.toLowerCase());
}

/** Whether sums of a currency never have three decimals. */
export function hasCents(currency: string): boolean {
  return !MILS.has(currency);
}
