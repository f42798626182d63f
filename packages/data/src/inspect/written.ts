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

/** Reads a cell; undefined where it is no number in any way. */
export function readNumber(cell: string, rows: number): Reading | undefined {
  const text = cell.trim().replaceAll('−', '-');
  const found = /^(\D*?)([.,]?\d(?:.*\d)?)(\D*)$/su.exec(text);
  if (found === null) return undefined;
  const [, before = '', digits = '', after = ''] = found;
  const head = /^([-+]?)(.*?)([-+]?)$/su.exec(before.trim());
  const sign = `${head?.[1] ?? ''}${head?.[3] ?? ''}`;
  // "12.-" is a whole sum, "5,00-" is -5, "5." and "5," are 5.
  const tail = after.replace(/^([.,][-–—]+|[.,](?=\s|$)|-(?=\s|$))/u, '');
  const back = /^-(\s|$)/u.test(after);
  const units = [head?.[2]?.trim() ?? '', tail.trim()].filter((unit) => unit !== '');
  if (sign.length + Number(back) > 1 || units.length > 1) return undefined;
  const negative = sign === '-' || back;
  const comma = numberAs(digits, ',', negative);
  const point = numberAs(digits, '.', negative);
  if (comma === undefined && point === undefined) return undefined;
  return {
    cell,
    rows,
    unit: units[0] ?? '',
    digits,
    ...(comma === undefined ? {} : { comma }),
    ...(point === undefined ? {} : { point }),
    ...(/['’]/u.test(digits)
      ? { grouped: 'apostrophe' as const }
      : /\s/u.test(digits)
        ? { grouped: 'blank' as const }
        : {}),
  };
}

function numberAs(digits: string, decimal: Decimal, negative: boolean): number | undefined {
  if (!FORMS[decimal].test(digits)) return undefined;
  const plain = digits.replaceAll(decimal === ',' ? /[\s'’.]/gu : /[\s'’,]/gu, '').replace(',', '.');
  const number = Number(plain);
  return Number.isFinite(number) ? (negative ? -number : number) : undefined;
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
