// The four members of the attention family side by side: where scores and values come from.
import { colour, picture, rect, short, text } from './svg.mjs';

/** @typedef {import('./svg.mjs').Colour} Colour */
/** @typedef {{ x: number, y: number, width: number, label: string, fill: Colour }} Box */

const HEIGHT = 26;
const COLUMN = 200;

/** Rows from top to bottom. */
const Y = { output: 40, softmax: 90, fusion: 140, scores: 190, early: 250, inputs: 310 };

/** @param {Box} box */
const draw = ({ x, y, width, label, fill }) => [
  rect(x, y, width, HEIGHT, { fill: 'paper', radius: 5 }),
  rect(x, y, width, HEIGHT, { fill, opacity: 0.16, stroke: fill, radius: 5 }),
  text(x + width / 2, y + 17, label, { size: 11, anchor: 'middle' }),
];

/** An arrow from the top of one box to the bottom of another, at a share of the latter's width. @param {Box} from @param {Box} to @param {number} [share] */
function arrow(from, to, share = 0.5) {
  const [x1, y1, x2, y2] = [from.x + from.width / 2, from.y, to.x + to.width * share, to.y + HEIGHT + 1];
  const middle = (y1 + y2) / 2;
  const d = `M${short(x1)} ${short(y1)}C${short(x1)} ${short(middle)} ${short(x2)} ${short(middle)} ${short(x2)} ${short(y2 + 4)}`;
  const head = `M${short(x2 - 3)} ${short(y2 + 5)}L${short(x2 + 3)} ${short(y2 + 5)}L${short(x2)} ${short(y2)}Z`;
  return [`<path d="${d}" fill="none" stroke="${colour('faint')}"/>`, `<path d="${head}" fill="${colour('faint')}"/>`];
}

/** @param {number} x @param {number} y @param {number} width @param {string} label @param {Colour} fill @returns {Box} */
const box = (x, y, width, label, fill) => ({ x, y, width, label, fill });

/** What all four end with. @param {number} left */
const head = (left) => ({
  output: box(left + 40, Y.output, 110, 'weights · values', 'ink'),
  softmax: box(left, Y.softmax, 122, 'mask, softmax', 'ink'),
  values: box(left + 132, Y.scores, 52, 'V', 'item'),
});

/** @param {number} left @param {string} title @param {string} note @param {readonly Box[]} boxes @param {readonly string[][]} arrows */
const member = (left, title, note, boxes, arrows) => [
  text(left, 14, title, { weight: 600, size: 13 }),
  text(left, 29, note, { size: 10.5, fill: 'faint' }),
  ...arrows.flat(),
  ...boxes.flatMap(draw),
];

/** Item stream alone. @param {number} left */
function vanilla(left) {
  const { output, softmax, values } = head(left);
  const scores = box(left, Y.scores, 122, 'scores Q Kᵀ', 'item');
  const item = box(left + 40, Y.inputs, 110, 'item + position', 'item');
  return member(
    left,
    'vanilla',
    'SASRec, BERT4Rec',
    [output, softmax, values, scores, item],
    [
      arrow(item, scores),
      arrow(item, values),
      arrow(scores, softmax),
      arrow(softmax, output, 0.3),
      arrow(values, output, 0.8),
    ],
  );
}

/** The stream carries everything. @param {number} left */
function early(left) {
  const { output, softmax, values } = head(left);
  const own = { ...values, fill: /** @type {const} */ ('fused') };
  const scores = box(left, Y.scores, 122, 'scores Q Kᵀ', 'fused');
  const fuse = box(left + 40, Y.early, 110, 'fuse', 'fused');
  const inputs = [
    box(left, Y.inputs, 58, 'item', 'item'),
    box(left + 63, Y.inputs, 58, 'sides', 'side'),
    box(left + 126, Y.inputs, 58, 'position', 'position'),
  ];
  return member(
    left,
    'early fusion',
    'SASRecF',
    [output, softmax, own, scores, fuse, ...inputs],
    [
      ...inputs.map((source, i) => arrow(source, fuse, 0.25 + i * 0.25)),
      arrow(fuse, scores),
      arrow(fuse, own),
      arrow(scores, softmax),
      arrow(softmax, output, 0.3),
      arrow(own, output, 0.8),
    ],
  );
}

/** Fused queries and keys, pure values. @param {number} left */
function nova(left) {
  const { output, softmax, values } = head(left);
  const scores = box(left, Y.scores, 122, 'scores Q Kᵀ', 'fused');
  const fuse = box(left, Y.early, 122, 'fuse', 'fused');
  const inputs = [
    box(left, Y.inputs, 58, 'position', 'position'),
    box(left + 63, Y.inputs, 58, 'sides', 'side'),
    box(left + 126, Y.inputs, 58, 'item', 'item'),
  ];
  return member(
    left,
    'NOVA',
    'values stay pure',
    [output, softmax, values, scores, fuse, ...inputs],
    [
      ...inputs.map((source, i) => arrow(source, fuse, 0.25 + i * 0.25)),
      ...inputs.slice(2).map((item) => arrow(item, values, 0.6)),
      arrow(fuse, scores),
      arrow(scores, softmax),
      arrow(softmax, output, 0.3),
      arrow(values, output, 0.8),
    ],
  );
}

/** Scores per source. @param {number} left */
function dif(left) {
  const { output, softmax, values } = head(left);
  const fusion = box(left, Y.fusion, 122, 'F: sum, concat, gate', 'fused');
  const names = /** @type {const} */ ([
    ['position', 'position'],
    ['sides', 'side'],
    ['item', 'item'],
  ]);
  const scores = names.map(([, fill], i) => box(left + i * 42, Y.scores, 38, 'Q Kᵀ', fill));
  const inputs = names.map(([label, fill], i) => box(left + i * 63, Y.inputs, 58, label, fill));
  return member(
    left,
    'DIF',
    'scores apart, fused as scores',
    [output, softmax, values, fusion, ...scores, ...inputs],
    [
      ...inputs.flatMap((source, i) => scores.slice(i, i + 1).map((own) => arrow(source, own))),
      ...inputs.slice(2).map((item) => arrow(item, values, 0.6)),
      ...scores.map((own, i) => arrow(own, fusion, 0.2 + i * 0.3)),
      arrow(fusion, softmax),
      arrow(softmax, output, 0.3),
      arrow(values, output, 0.8),
    ],
  );
}

/** The four members. */
export function familyPicture() {
  const content = [vanilla, early, nova, dif].flatMap((one, i) => one(4 + i * COLUMN));
  return picture(
    4 * COLUMN - 8,
    Y.inputs + HEIGHT + 8,
    'Where attention takes scores and values from: vanilla, early fusion, NOVA and DIF',
    content,
  );
}
