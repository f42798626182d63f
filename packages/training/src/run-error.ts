// The error of everything that can be wrong with a run or its folder; the reading half of it lives with the models.
export { RunError } from '@difsr/models';
