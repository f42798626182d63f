// Lint rules of our own, as an oxlint plugin: imports between packages, double assertions, unexplained `!`, flags in libraries.
import { relative, sep } from 'node:path';
import { violation } from './boundaries.mjs';

/**
 * The part of the linter's interface that is used here.
 * @typedef {{ loc: { start: { line: number }, end: { line: number } } }} Located
 * @typedef {Located & { type: string, value?: unknown, expression?: AstNode, source?: AstNode | null, computed?: boolean,
 *   parent?: AstNode, typeAnnotation?: AstNode, argument?: AstNode }} AstNode
 * @typedef {{ filename: string, cwd: string, sourceCode: { getAllComments(): Located[], lines: string[] },
 *   report(problem: { node: AstNode, message: string }): void }} Context
 */

/** Every form of import is checked: static, re-export, dynamic and in types. */
const importBoundary = {
  /** @param {Context} context */
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    /** @param {AstNode} node @param {AstNode | null | undefined} source */
    const check = (node, source) => {
      if (typeof source?.value !== 'string') return;
      const message = violation(file, source.value);
      if (message !== undefined) context.report({ node, message });
    };
    /** @param {AstNode} node */
    const bySource = (node) => check(node, node.source);
    return {
      ImportDeclaration: bySource,
      ExportNamedDeclaration: bySource,
      ExportAllDeclaration: bySource,
      ImportExpression: bySource,
      TSImportType: bySource,
    };
  },
};

/** `x as unknown as T` silences the compiler for good: narrow by a check instead. */
const noDoubleAssertion = {
  /** @param {Context} context */
  create(context) {
    return {
      /** @param {AstNode} node */
      TSAsExpression(node) {
        if (node.expression?.type !== 'TSAsExpression') return;
        context.report({
          node,
          message: 'A double assertion (`as unknown as T`): narrow with a check or a type guard instead.',
        });
      },
    };
  },
};

/** Texts that are documents for whoever has the command, not messages. */
const DOCUMENTS = ['packages/training/src/run/model-card.ts'];

/**
 * Libraries name options as code does; only the command knows what is typed (docs/decisions/0082-structured-errors.md).
 * Tests are exempt, comments are none of this rule's business.
 */
const noCommandLine = {
  /** @param {Context} context */
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    if (!/^packages\/[^/]+\/src\//.test(file) || /\.test(\.support)?\.ts$/.test(file) || DOCUMENTS.includes(file))
      return {};
    /** @param {AstNode} node @param {unknown} text */
    const check = (node, text) => {
      const found = typeof text === 'string' ? /(?:^|[\s"'`(=,])(--[a-z][a-z-]*|npx difsr)/.exec(text)?.[1] : undefined;
      if (found !== undefined)
        context.report({
          node,
          message: `"${found}" is what is typed for the command: name the option with setting(), the function with call() of @difsr/errors, and let the command write them.`,
        });
    };
    return {
      /** @param {AstNode} node */
      Literal: (node) => check(node, node.value),
      // What follows an element that is not the last is a value: `--${name}` is a flag, too.
      /** @param {AstNode & { tail: boolean, value: { cooked?: unknown } }} node */
      TemplateElement: (node) => check(node, `${String(node.value.cooked)}${node.tail ? '' : 'x'}`),
    };
  },
};

/**
 * `array[i]!` inside bounds is the usual price of noUncheckedIndexedAccess and is let through. Any other `!` claims
 * something that a reader cannot see: it needs a comment on its line or on the line above. Tests are exempt.
 */
const explainNonNull = {
  /** @param {Context} context */
  create(context) {
    if (context.filename.endsWith('.test.ts')) return {};
    return {
      /** @param {AstNode} node */
      TSNonNullExpression(node) {
        if (node.expression?.type === 'MemberExpression' && node.expression.computed === true) return;
        const line = node.loc.end.line;
        const explained = context.sourceCode
          .getAllComments()
          .some(
            ({ loc }) => loc.end.line === line || loc.end.line === node.loc.start.line - 1 || loc.end.line === line - 1,
          );
        if (!explained) {
          context.report({
            node,
            message:
              'A `!` without a reason: check the value, or say in a comment on this line or the one above why it cannot be missing.',
          });
        }
      },
    };
  },
};

export default {
  meta: { name: 'difsr' },
  rules: {
    'import-boundary': importBoundary,
    'no-double-assertion': noDoubleAssertion,
    'explain-non-null': explainNonNull,
    'no-command-line': noCommandLine,
  },
};
