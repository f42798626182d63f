// The docs site. What it is made of is in scripts/docs/site.mjs, where the other tooling and its type check are.
export { default } from '../../scripts/docs/site.mjs';
