// Which pictures there are and where. Drawing depends on nothing but the measured numbers, so a test can compare.
import { familyPicture } from './family-picture.mjs';
import { scoresPicture } from './scores-picture.mjs';
import { spectrumPicture } from './spectrum-picture.mjs';
import { styleSheet } from './svg.mjs';

/** The numbers behind the pictures, from the repository's root. */
export const MEASURED = 'docs/pictures/measured.json';

/**
 * Every file that is drawn: path from the root and content.
 *
 * @param {import('./measure.mjs').Measured} measured
 * @returns {Map<string, string>}
 */
export function drawPictures({ attention, spectrum }) {
  return new Map([
    ['docs/pictures/family.svg', familyPicture()],
    ['docs/pictures/scores.svg', scoresPicture(attention)],
    ['docs/pictures/spectrum.svg', spectrumPicture(spectrum)],
    ['docs/.vitepress/theme/pictures.css', styleSheet()],
  ]);
}
