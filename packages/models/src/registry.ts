// The models of this package by name. To add one: its file, its line here. Definitions of others are used as they are.
import { bert4rec } from './bert4rec.js';
import { caser } from './caser.js';
import type { ModelDefinition } from './definition.js';
import { difSr } from './dif-sr.js';
import { narm } from './narm.js';
import { nova } from './nova.js';
import { fdsa } from './fdsa.js';
import { gru4rec } from './gru4rec.js';
import { gru4recf } from './gru4recf.js';
import { icaiSr } from './icai-sr.js';
import { pRnn } from './p-rnn.js';
import { markov } from './markov.js';
import { popular } from './popular.js';
import { s3Rec } from './s3-rec.js';
import { sasrec } from './sasrec.js';
import { sasrecf } from './sasrecf.js';

/** The models, the default first. */
export const models: readonly ModelDefinition[] = [
  difSr,
  sasrec,
  sasrecf,
  nova,
  fdsa,
  bert4rec,
  gru4rec,
  gru4recf,
  narm,
  pRnn,
  icaiSr,
  s3Rec,
  caser,
  popular,
  markov,
];

/** A model by name, or undefined. */
export function findModel(name: string): ModelDefinition | undefined {
  return models.find((model) => model.name === name);
}
