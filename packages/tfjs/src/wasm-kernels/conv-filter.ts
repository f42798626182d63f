// Conv2DBackpropFilter for tfjs's wasm device: the gradient of a convolution's filter, one-dimensional ones included
// (the feed-forward layers of many published SASRecs are such convolutions).
import {
  backend_util,
  type Conv2DBackpropFilterAttrs,
  type KernelConfig,
  type NamedAttrMap,
} from '@tensorflow/tfjs-core';
import { BackendError } from '@difsr/graph';
import { floatsOf } from '../host.js';
import { input, output } from './kernel-parts.js';

function hasAttributes(attributes: object | undefined): attributes is NamedAttrMap & Conv2DBackpropFilterAttrs {
  return (
    attributes !== undefined && ['strides', 'pad', 'dataFormat', 'filterShape'].every((name) => name in attributes)
  );
}

/** dW[r, c, i, o] = the sum over batch and places of x shifted by (r, c), times dy. Channels last, as all of wasm. */
export const convFilterGradient: KernelConfig = {
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) => {
    const [x, dy] = [input(inputs, 'x'), input(inputs, 'dy')];
    if (!hasAttributes(attrs) || x.shape.length !== 4 || attrs.dataFormat !== 'NHWC')
      throw new BackendError(
        `Conv2DBackpropFilter on wasm takes [batch, height, width, channels], got [${x.shape.join(', ')}]: use channelsLast`,
      );
    const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
    const info = backend_util.computeConv2DInfo(
      [batch, height, width, channels],
      attrs.filterShape,
      attrs.strides,
      1,
      attrs.pad,
      attrs.dimRoundingMode,
    );
    const out = output(info.filterShape, 'float32');
    const [weights, images, gradients] = [floatsOf(out).fill(0), floatsOf(x), floatsOf(dy)];
    const block = info.inChannels * info.outChannels;
    for (let image = 0; image < batch; image++)
      for (let row = 0; row < info.outHeight; row++)
        for (let column = 0; column < info.outWidth; column++) {
          const from = ((image * info.outHeight + row) * info.outWidth + column) * info.outChannels;
          for (let r = 0; r < info.filterHeight; r++) {
            const y = row * info.strideHeight + r - info.padInfo.top;
            if (y < 0 || y >= height) continue;
            for (let c = 0; c < info.filterWidth; c++) {
              const at = column * info.strideWidth + c - info.padInfo.left;
              if (at < 0 || at >= width) continue;
              const pixel = ((image * height + y) * width + at) * channels;
              const to = (r * info.filterWidth + c) * block;
              addOuter(weights, to, images, pixel, channels, gradients, from, info.outChannels);
            }
          }
        }
    return out;
  },
};

/** Adds the outer product of a pixel and a gradient; all places are inside their arrays. */
function addOuter(
  out: Float32Array,
  to: number,
  x: Float32Array,
  pixel: number,
  channels: number,
  dy: Float32Array,
  from: number,
  width: number,
): void {
  for (let i = 0, place = to; i < channels; i++) {
    const value = x[pixel + i]!;
    for (let j = 0; j < width; j++) out[place++]! += value * dy[from + j]!;
  }
}
