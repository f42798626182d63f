// For tests: every recipe on small files.
import { ml100k, ml1m, mlCsv } from './movies.test.support.js';
import { diginetica, lastfm1k, lastfm2k, steam, yoochoose } from './others.test.support.js';
import { amazon2014, amazon2018, amazon2023, yelp } from './reviews.test.support.js';
import type { RecipeCase } from './shop.test.support.js';

/** Every form of recipe, once. */
export const RECIPE_CASES: readonly RecipeCase[] = [
  amazon2014(),
  amazon2018(),
  amazon2023(),
  yelp(),
  ml100k(),
  ml1m(),
  mlCsv('20m', '\n'),
  mlCsv('25m', '\r\n'),
  steam(),
  lastfm1k(),
  lastfm2k(),
  yoochoose(),
  diginetica(),
];
