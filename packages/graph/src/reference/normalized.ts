// Softmax, layer normalization and the cross-entropy over a table, in their stable forms. The
// cross-entropy goes over blocks of rows, so its memory does not grow with tokens times items.
import { at, formatShape, GraphError } from '../types.js';
import { dotRows, transposeLast } from './products.js';
import { asFloats, asInts, floats, type FloatValue, type Value } from './values.js';

/** Rows of logits held at a time. */
const BLOCK = 64;

/** Softmax in place over `row`; gives the log of the sum of exponentials. */
function softmaxInPlace(row: Float64Array): number {
  let largest = -Infinity;
  for (const x of row) if (!(x <= largest)) largest = x; // NaN wins and stays
  let sum = 0;
  for (let i = 0; i < row.length; i++) {
    row[i] = Math.exp(row[i]! - largest);
    sum += row[i]!;
  }
  for (let i = 0; i < row.length; i++) row[i] = row[i]! / sum;
  return largest + Math.log(sum);
}

export function softmaxRows(value: Value): FloatValue {
  const out = floats(value.shape, asFloats(value).data.slice());
  const width = at(value.shape, -1);
  for (let start = 0; start < out.data.length; start += width) softmaxInPlace(out.data.subarray(start, start + width));
  return out;
}

/** Normalized, scaled and shifted rows, their means and inverse deviations. */
export function layerNormRows(
  value: Value,
  scaleValue: Value,
  biasValue: Value,
  epsilon: number,
): readonly [FloatValue, FloatValue, FloatValue] {
  const x = asFloats(value).data;
  const [scale, bias] = [asFloats(scaleValue).data, asFloats(biasValue).data];
  const width = scale.length;
  const statistics = [...value.shape.slice(0, -1), 1];
  const [out, means, deviations] = [floats(value.shape), floats(statistics), floats(statistics)];
  for (let row = 0; row < means.data.length; row++) {
    const start = row * width;
    let sum = 0;
    for (let j = 0; j < width; j++) sum += x[start + j]!;
    const mean = sum / width;
    let squares = 0;
    for (let j = 0; j < width; j++) squares += (x[start + j]! - mean) ** 2;
    const inverse = 1 / Math.sqrt(squares / width + epsilon);
    for (let j = 0; j < width; j++) out.data[start + j] = (x[start + j]! - mean) * inverse * scale[j]! + bias[j]!;
    means.data[row] = mean;
    deviations.data[row] = inverse;
  }
  return [out, means, deviations];
}

interface CrossEntropyInputs {
  readonly h: Float64Array;
  readonly targets: Int32Array;
  readonly rows: number;
  readonly width: number;
  /** Classes that take part. */
  readonly classes: number;
  /** The table from its first class on. */
  readonly table: Float64Array;
}

function crossEntropyInputs(
  op: string,
  h: Value,
  table: Value,
  targetValue: Value,
  firstClass: number,
): CrossEntropyInputs {
  const [rows, width] = [h.shape[0]!, h.shape[1]!];
  const classes = table.shape[0]! - firstClass;
  const targets = asInts(targetValue).data;
  targets.forEach((target, row) => {
    if (target < firstClass || target >= table.shape[0]!) {
      throw new GraphError(
        `${op}: target ${target} of row ${row} is outside ${firstClass}..${table.shape[0]! - 1}, the classes of a table ${formatShape(table.shape)}`,
      );
    }
  });
  return {
    h: asFloats(h).data,
    targets,
    rows,
    width,
    classes,
    table: asFloats(table).data.subarray(firstClass * width),
  };
}

/** Calls `visit` for each block of rows with its logits [count, classes], which it may overwrite. */
function eachBlock(
  { h, table, rows, width, classes }: CrossEntropyInputs,
  visit: (start: number, count: number, logits: Float64Array) => void,
): void {
  const logits = new Float64Array(Math.min(BLOCK, rows) * classes);
  for (let start = 0; start < rows; start += BLOCK) {
    const count = Math.min(BLOCK, rows - start);
    dotRows(h, start * width, table, 0, logits, 0, count, classes, width);
    visit(start, count, logits.subarray(0, count * classes));
  }
}

/** logsumexp(h E^T) - h E[target] per row. */
export function crossEntropyRows(h: Value, table: Value, targetValue: Value, firstClass: number): FloatValue {
  const inputs = crossEntropyInputs('tableCrossEntropy', h, table, targetValue, firstClass);
  const { classes, targets } = inputs;
  const losses = floats(targetValue.shape);
  eachBlock(inputs, (start, count, logits) => {
    for (let i = 0; i < count; i++) {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const own = row[targets[start + i]! - firstClass]!;
      losses.data[start + i] = softmaxInPlace(row) - own;
    }
  });
  return losses;
}

/** With p = softmax(h E^T) - onehot(target), rows times weight w: dh = p E, dE = p^T h. */
export function crossEntropyGradients(
  h: Value,
  table: Value,
  targetValue: Value,
  weightValue: Value,
  firstClass: number,
): readonly [FloatValue, FloatValue] {
  const inputs = crossEntropyInputs('tableCrossEntropyGrad', h, table, targetValue, firstClass);
  const { classes, targets, width } = inputs;
  const weights = asFloats(weightValue).data;
  const [dh, dTable] = [floats(h.shape), floats(table.shape)];
  const tableColumns = transposeLast(inputs.table, classes, width);
  const dClasses = dTable.data.subarray(firstClass * width);
  eachBlock(inputs, (start, count, logits) => {
    for (let i = 0; i < count; i++) {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      softmaxInPlace(row);
      const target = targets[start + i]! - firstClass;
      row[target] = row[target]! - 1;
      for (let j = 0; j < classes; j++) row[j] = row[j]! * weights[start + i]!;
    }
    dotRows(logits, 0, tableColumns, 0, dh.data, start * width, count, width, classes);
    const hColumns = transposeLast(inputs.h.subarray(start * width, (start + count) * width), count, width);
    dotRows(transposeLast(logits, count, classes), 0, hColumns, 0, dClasses, 0, classes, width, count, true);
  });
  return [dh, dTable];
}
