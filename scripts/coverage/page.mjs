// The page docs/coverage.md: which op was checked on which backend and device.

/** How many cases passed, of how many. @typedef {{ passed: number; all: number }} Cell */
/** Cells by op and kind of case. @typedef {Record<string, Partial<Record<'forward' | 'gradient' | 'exact', Cell>>>} Counts */
/**
 * A device that was tried, with its counts, or the reason why it was not.
 * @typedef {{ backend: string; device: string; counts: Counts } | { backend: string; device: string; reason: string }} Column
 */

const KINDS = /** @type {const} */ (['forward', 'gradient', 'exact']);

/** @param {Cell | undefined} cell */
function text(cell) {
  if (cell === undefined) return '-';
  return cell.passed === cell.all ? `${cell.all}` : `**${cell.passed} of ${cell.all}**`;
}

/**
 * The page as Markdown.
 *
 * @param {readonly string[]} ops
 * @param {readonly Column[]} columns
 */
export function format(ops, columns) {
  const tried = columns.flatMap((column) => ('counts' in column ? [column] : []));
  const untried = columns.flatMap((column) => ('reason' in column ? [column] : []));
  const row = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const lines = [
    '# Coverage',
    '',
    '<!-- Written by `pnpm coverage`; do not edit. -->',
    '',
    'The conformance suite of `@difsr/graph` on every backend and device that worked where this page was written: cases that',
    'agree with the float64 interpreter, forward · gradient · exact (whole numbers, compared bit by bit: repeated ids, ties,',
    'NaN). A dash: the op has no such cases (an int32 result has no gradient). A number in bold: not all agreed.',
    '',
    row(['op', ...tried.map(({ backend, device }) => `${backend} ${device}`)]),
    row(['---', ...tried.map(() => '---')]),
    ...ops.map((op) =>
      row([`\`${op}\``, ...tried.map(({ counts }) => KINDS.map((kind) => text(counts[op]?.[kind])).join(' · '))]),
    ),
    '',
    '## Not tried here',
    '',
    'These did not work on the machine that wrote this page; `pnpm coverage` tries them wherever they do.',
    '',
    row(['backend', 'device', 'why']),
    row(['---', '---', '---']),
    ...untried.map(({ backend, device, reason }) => row([backend, device, reason.replaceAll('|', '\\|')])),
    '',
    'onnxruntime on `webgpu` also runs on a software adapter, in some minutes, where Chromium and libvulkan1 are installed:',
    '`XDG_RUNTIME_DIR=/tmp VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json pnpm coverage`. tfjs on `webgl` and `webgpu`, and',
    'onnxruntime-web, need a page: `pnpm --filter ./browser test` runs what is checked in a browser. For devices whose memory',
    'JavaScript does not see, `packages/tfjs/src/composed.test.ts` runs the suite on the kernels that such a device would use, with',
    "tfjs's cpu device under another name.",
    '',
  ];
  return lines.join('\n');
}
