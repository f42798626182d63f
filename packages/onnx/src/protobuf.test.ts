// The generated messages are those of proto/onnx.proto: every field and value with its number and type.
import { readFileSync } from 'node:fs';
import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { file_onnx } from './protobuf/onnx_pb.js';

const last = (name: string): string => name.split('.').at(-1) ?? '';

function typeOf(field: DescField): string {
  if (field.message !== undefined) return last(field.message.typeName);
  if (field.enum !== undefined) return last(field.enum.typeName);
  return ScalarType[field.scalar ?? 0]?.toLowerCase() ?? '';
}

const linesOfEnum = ({ typeName, values }: DescEnum): string[] =>
  values.map(({ name, number }) => `${typeName}.${name} = ${number}`);

function linesOfMessage(message: DescMessage): string[] {
  const fields = message.fields.map((field) => {
    const type = `${field.fieldKind === 'list' ? 'repeated ' : ''}${typeOf(field)}`;
    return `${message.typeName}.${field.name} = ${field.number} ${type}`;
  });
  return [...fields, ...message.nestedMessages.flatMap(linesOfMessage), ...message.nestedEnums.flatMap(linesOfEnum)];
}

/** The same lines out of the text of a .proto file of proto2, as far as that of ONNX goes. */
function linesOfText(text: string): string[] {
  const lines: string[] = [];
  const scopes: string[] = ['onnx'];
  const token =
    /(message|enum|oneof)\s+(\w+)\s*\{|(\})|(?:(optional|repeated)\s+)?(?:([\w.]+)\s+)?(\w+)\s*=\s*(\w+)\s*(?:\[[^\]]*\])?;/g;
  const code = text.replaceAll(/\/\/.*$/gm, '').replaceAll(/\b(reserved|option)\b[^;]*;/g, '');
  for (const [, kind, name, close, label, type, field, number] of code.matchAll(token)) {
    if (close !== undefined) scopes.pop();
    else if (kind !== undefined) scopes.push(kind === 'oneof' ? '' : (name ?? ''));
    else {
      const path = scopes.filter((scope) => scope !== '').join('.');
      const shape = type === undefined ? '' : ` ${label === 'repeated' ? 'repeated ' : ''}${last(type)}`;
      lines.push(`${path}.${field} = ${Number(number)}${shape}`);
    }
  }
  return lines;
}

it('the generated code is that of the .proto file: if not, pnpm --filter @difsr/onnx generate', () => {
  const source = readFileSync(new URL('../proto/onnx.proto', import.meta.url), 'utf8');
  const generated = [...file_onnx.messages.flatMap(linesOfMessage), ...file_onnx.enums.flatMap(linesOfEnum)];
  expect(generated.length).toBeGreaterThan(150);
  expect(generated.toSorted()).toEqual(linesOfText(source).toSorted());
});
