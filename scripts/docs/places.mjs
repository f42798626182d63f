// Where the project and its paper are found, for the links of the site.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

/** @type {{ repository: { url: string } }} */
const { repository } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The repository's page, as the root package.json names it. */
export const REPOSITORY = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** "Decoupled Side Information Fusion for Sequential Recommendation". */
export const PAPER = 'https://arxiv.org/abs/2204.11046';
