// Python literals as JSON: the metadata of Amazon 2014 and Steam was printed with Python's repr. Parsed, never evaluated.

/**
 * The JSON text of a Python literal (dict, list, tuple, str, int, float, True, False, None), or `undefined` where the text is none. Numbers
 * keep their digits; `nan` and infinities become null.
 *
 * @example
 * pythonToJson("{'asin': 'B1', 'price': 9.5, 'brand': \"L'Oreal\", 'new': True}"); // '{"asin":"B1","price":9.5,"brand":"L\'Oreal","new":true}'
 */
export function pythonToJson(text: string): string | undefined {
  const reader = new LiteralReader(text);
  try {
    const json = reader.value(0);
    return reader.atEnd() ? json : undefined;
  } catch (error) {
    if (error instanceof NotALiteral) return undefined;
    throw error;
  }
}

class NotALiteral extends Error {}

/** A lone half of a surrogate pair is no character; neither JSON nor UTF-8 can carry it. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

const MOST_DEPTH = 200;
const WORDS: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  nan: 'null',
  inf: 'null',
};
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\u0007',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

class LiteralReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    this.#space();
    return this.#at === this.#text.length;
  }

  value(depth: number): string {
    if (depth > MOST_DEPTH) throw new NotALiteral();
    this.#space();
    const next = this.#text[this.#at];
    if (next === '{') return this.#dictionary(depth);
    if (next === '[') return this.#list(']', depth);
    if (next === '(') return this.#list(')', depth);
    if (next === "'" || next === '"' || /^[uUbBrR]{1,2}['"]/.test(this.#text.slice(this.#at, this.#at + 3)))
      return JSON.stringify(wellFormed(this.#strings()));
    const word = this.#match(/[A-Za-z]+/y);
    if (word !== undefined) {
      const json = WORDS[word];
      if (json === undefined) throw new NotALiteral();
      return json;
    }
    return this.#number();
  }

  #dictionary(depth: number): string {
    this.#at++;
    const entries: string[] = [];
    for (;;) {
      this.#space();
      if (this.#take('}')) return `{${entries.join(',')}}`;
      const key = this.value(depth + 1);
      this.#space();
      if (!this.#take(':')) throw new NotALiteral();
      // JSON has text keys alone.
      entries.push(`${key.startsWith('"') ? key : JSON.stringify(key)}:${this.value(depth + 1)}`);
      this.#space();
      if (!this.#take(',') && this.#text[this.#at] !== '}') throw new NotALiteral();
    }
  }

  #list(close: string, depth: number): string {
    this.#at++;
    const values: string[] = [];
    for (;;) {
      this.#space();
      if (this.#take(close)) return `[${values.join(',')}]`;
      values.push(this.value(depth + 1));
      this.#space();
      if (!this.#take(',') && this.#text[this.#at] !== close) throw new NotALiteral();
    }
  }

  /** Adjacent strings are one, as in Python. */
  #strings(): string {
    let whole = '';
    for (;;) {
      const prefix = this.#match(/[uUbBrR]{0,2}(?=['"])/y);
      if (prefix === undefined) return whole;
      whole += this.#string(/[rR]/.test(prefix));
      this.#space();
    }
  }

  #string(raw: boolean): string {
    const quote = this.#text[this.#at++] ?? '';
    let text = '';
    for (;;) {
      const character = this.#text[this.#at++];
      if (character === undefined) throw new NotALiteral();
      if (character === quote) return text;
      if (character !== '\\') text += character;
      else if (raw) text += `\\${this.#text[this.#at++] ?? ''}`;
      else text += this.#escape();
    }
  }

  #escape(): string {
    const code = this.#text[this.#at++] ?? '';
    const simple = ESCAPES[code];
    if (simple !== undefined) return simple;
    const digits = code === 'x' ? 2 : code === 'u' ? 4 : code === 'U' ? 8 : 0;
    if (digits > 0) {
      const hex = this.#text.slice(this.#at, this.#at + digits);
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < digits || Number.parseInt(hex, 16) > 0x10ffff)
        throw new NotALiteral();
      this.#at += digits;
      const point = Number.parseInt(hex, 16);
      // Halves of a pair may follow each other; one on its own is mended by wellFormed.
      return point >= 0xd800 && point <= 0xdfff ? String.fromCharCode(point) : String.fromCodePoint(point);
    }
    if (/[0-7]/.test(code)) {
      const octal = code + (this.#match(/[0-7]{1,2}/y) ?? '');
      return String.fromCharCode(Number.parseInt(octal, 8));
    }
    if (code === 'N') throw new NotALiteral();
    // Python keeps an escape that it does not know.
    return `\\${code}`;
  }

  #number(): string {
    const text = this.#match(/[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[lL]?/y);
    if (text === undefined) {
      if (this.#match(/[+-](?:inf|nan)/y) !== undefined) return 'null';
      throw new NotALiteral();
    }
    const plain = text.replaceAll('_', '').replace(/[lL]$/, '').replace(/^\+/, '');
    const json = plain
      .replace(/^(-?)\./, '$10.')
      .replace(/\.(?=$|[eE])/, '.0')
      .replace(/^(-?)0+(?=\d)/, '$1');
    return json;
  }

  #space(): void {
    this.#match(/[ \t\r\n\f]*/y);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
