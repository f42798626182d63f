// The page of /docs: the OpenAPI document, readable, in one file that asks nobody for anything.
import { escapeXml } from '@difsr/library/parts';

type Json = Readonly<Record<string, unknown>>;

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{margin:2rem 0 .3rem;font-size:1.05rem}code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:#f5f5f5;padding:.7rem;overflow:auto;border-radius:4px}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}
.method{display:inline-block;min-width:4rem;font-weight:600;color:#2f6fdb}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}pre{background:#242424}}`;

/** The page of a document. */
export function documentPage(document: object): string {
  const { info, paths, components } = recordOf(document);
  const { title, version, description } = recordOf(info);
  const operations = Object.entries(recordOf(paths)).flatMap(([path, methods]) =>
    Object.entries(recordOf(methods)).map(([method, operation]) => operationHtml(path, method, recordOf(operation))),
  );
  const schemas = Object.entries(recordOf(recordOf(components)['schemas'])).map(
    ([name, schema]) => `<h2 id="${escapeXml(name)}">${escapeXml(name)}</h2>${schemaHtml(schema)}`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(title)}</title><style>${STYLE}</style></head><body>
<h1>${text(title)} ${text(version)}</h1><p>${text(description)}</p><p><a href="openapi.json">openapi.json</a></p>
${operations.join('\n')}<h1>Schemas</h1>${schemas.join('\n')}</body></html>`;
}

function operationHtml(path: string, method: string, operation: Json): string {
  const { summary, description, parameters, requestBody, responses } = operation;
  const asked = (Array.isArray(parameters) ? parameters : []).map((parameter: unknown) => {
    const { name, in: where, required, schema } = recordOf(parameter);
    return `<tr><td><code>${text(name)}</code></td><td>${text(where)}${required === true ? '' : ', optional'}</td><td>${text(recordOf(schema)['description'])}</td></tr>`;
  });
  const answers = Object.entries(recordOf(responses)).map(
    ([status, response]) => `<tr><td>${escapeXml(status)}</td><td>${text(recordOf(response)['description'])}</td></tr>`,
  );
  return `<h2><span class="method">${escapeXml(method.toUpperCase())}</span> <code>${escapeXml(path)}</code></h2>
<p>${text(summary)}. ${text(description)}</p>${asked.length === 0 ? '' : `<table>${asked.join('')}</table>`}
${requestBody === undefined ? '' : `<details><summary>Request</summary>${schemaHtml(jsonSchemaOf(requestBody))}</details>`}
<details><summary>Answers</summary><table>${answers.join('')}</table>${schemaHtml(jsonSchemaOf(Object.values(recordOf(responses))[0]))}</details>`;
}

function jsonSchemaOf(content: unknown): unknown {
  return recordOf(recordOf(recordOf(content)['content'])['application/json'])['schema'];
}

function schemaHtml(schema: unknown): string {
  if (schema === undefined) return '';
  const code = escapeXml(JSON.stringify(schema, null, 2));
  return `<pre>${code.replaceAll(/#\/components\/schemas\/(\w+)/g, '<a href="#$1">$1</a>')}</pre>`;
}

function text(value: unknown): string {
  return escapeXml(typeof value === 'string' ? value : '');
}

function recordOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
