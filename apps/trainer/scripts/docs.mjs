// Writes docs/configuration.md from the schemas. Build first: `pnpm --filter difsr run docs`.
import { writeFileSync } from 'node:fs';
import { configurationReference } from '../dist/configuration-reference.js';

writeFileSync(new URL('../../../docs/configuration.md', import.meta.url), configurationReference());
