// docs/configuration.md, made from the schemas that validate, so that it cannot say anything else.
import { allowed, keysOf, type SchemaNode } from '@difsr/errors';
import { commonPresets, configSchema, modelSchema, nodeAt, presetsOf } from '@difsr/library/parts';
import { models, type ModelDefinition } from '@difsr/models';

/** The whole page, in Markdown. */
export function configurationReference(): string {
  const [first] = models;
  const schema = first === undefined ? {} : configSchema(first);
  const sections = keysOf(schema).filter((key) => key !== 'model' && keysOf(nodeAt(schema, [key]) ?? {}).length > 0);
  const single = keysOf(schema).filter((key) => keysOf(nodeAt(schema, [key]) ?? {}).length === 0);
  const shared = sharedOptions();
  return `# Configuration

<!-- Made by "pnpm --filter difsr run docs" from the schemas; a test fails when it is out of date. -->

Every option has a dotted name, such as \`training.learningRate\`. It is taken from the first of these that has it:

1. \`--set training.learningRate=0.0005\` (the value is read as YAML: \`5\`, \`true\`, \`[5, 10]\`, \`{kind: cosine}\`;
   of a list also as names or numbers with commas: \`model.fields=brand,tags\`, \`evaluation.ks=5,10\`, or \`model.fields=none\`);
2. an option of \`difsr train\`: \`--data\` is \`data.path\`, \`--format\` \`data.format\`, \`--model\` \`model.name\`, \`--epochs\` \`training.epochs\`,
   \`--seed\` \`training.seed\`; \`--backend\`, \`--device\` and \`--threads\` have their own names;
3. the YAML file of \`--config FILE.yaml\`;
4. the preset (\`--preset\`, or the key \`preset\` of that file; \`small\` by default);
5. the default below.

Unknown names and values that are not allowed are errors. The run folder's \`config.json\` holds the result, complete.
Paths are relative to the folder in which the command is run.

\`\`\`yaml
preset: small
data: {path: data/Beauty, format: s3rec}
model: {name: dif-sr, fusion: gate, sideWidth: {attributes: 32}}
training:
  epochs: 30
  schedule: {kind: cosine, finalFraction: 0.1}
\`\`\`

## Presets

This is what they set for \`dif-sr\`; other models have presets of the same names, with the options that they have.

| preset | sets |
|---|---|
${[...commonPresets].map(([name, { description }]) => `| \`${name}\` | ${description}: ${presetSettings(name)} |`).join('\n')}

## General

${rows(single.map((key) => [key, nodeAt(schema, [key]) ?? {}]))}
${sections.map((key) => `\n## ${key}\n\n${sentence(nodeAt(schema, [key]))}\n\n${rows(options(nodeAt(schema, [key]) ?? {}, key))}\n`).join('')}
## model

\`model.name\` chooses the model (default \`dif-sr\`). All models that are trained have these options; where one has another default or meaning, it is listed again. Of
those that are counted (${models
    .filter(isCounted)
    .map(({ name }) => `\`${name}\``)
    .join(', ')}) all options are listed:

${rows(shared)}
${models.map((model) => `\n### ${model.name}\n\n${sentence({ description: model.description })} ${model.source === undefined ? '' : `${model.source}.`}\n\n${ownOptions(model, shared)}\n`).join('')}`;
}

function isCounted({ count }: ModelDefinition): boolean {
  return count !== undefined;
}

/** Options that every trained model has, with the meaning and default that they have in most of them. */
function sharedOptions(): [string, SchemaNode][] {
  const lists = models.filter((model) => !isCounted(model)).map((model) => options(modelSchema(model), 'model'));
  const [first = []] = lists;
  return first.filter(([path, node]) => {
    const others = lists.map((list) => list.find(([name]) => name === path)?.[1]);
    const same = others.filter((other) => JSON.stringify(other) === JSON.stringify(node));
    return others.every((other) => other !== undefined) && 2 * same.length > others.length;
  });
}

function ownOptions(model: ModelDefinition, shared: readonly (readonly [string, SchemaNode])[]): string {
  const known = new Set(isCounted(model) ? [] : shared.map((option) => JSON.stringify(option)));
  const own = options(modelSchema(model), 'model').filter((option) => !known.has(JSON.stringify(option)));
  return own.length === 0 ? 'No further options.' : rows(own);
}

function presetSettings(name: string): string {
  const [first] = models;
  const preset = first === undefined ? undefined : presetsOf(first).get(name);
  return preset === undefined ? '' : `${settings(preset.model, 'model')}, ${settings(preset.training, 'training')}`;
}

function settings(values: Readonly<Record<string, unknown>>, section: string): string {
  return Object.entries(values)
    .map(([key, value]) => `\`${section}.${key}\` ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}

/** Options of a section, those of nested objects and of alternatives included. */
function options(schema: SchemaNode, prefix: string): [string, SchemaNode][] {
  return keysOf(schema).flatMap((key): [string, SchemaNode][] => {
    const node = nodeAt(schema, [key]) ?? {};
    const path = `${prefix}.${key}`;
    const own: [string, SchemaNode] = [path, node];
    return keysOf(node).length === 0 ? [own] : [own, ...options(node, path)];
  });
}

function rows(list: readonly (readonly [string, SchemaNode])[]): string {
  const lines = list.map(
    ([path, node]) =>
      `| \`${path}\` | ${cell(node.description ?? '')} | ${cell(keysOf(node).length > 0 && node.properties !== undefined ? 'a section' : allowed(node))} | ${defaultOf(node)} |`,
  );
  return ['| option | meaning | allowed | default |', '|---|---|---|---|', ...lines].join('\n');
}

function defaultOf({ default: value }: SchemaNode): string {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
    ? ''
    : `\`${JSON.stringify(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function sentence(node: SchemaNode | undefined): string {
  const text = node?.description ?? '';
  return text === '' ? '' : `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}.`;
}
