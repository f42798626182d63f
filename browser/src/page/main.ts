// What the tests call in the page. Everything is imported as a user's page would, so the bundle is a user's bundle.
import programs from 'virtual:guide/programs';
import * as attention from './attention.js';
import * as trained from './trained.js';
import * as training from './training.js';

/** The functions that tests may call, by name; arguments and results are plain JSON. */
export type Actions = typeof attention &
  typeof training &
  typeof trained & {
    /** Runs a program of the guide. */
    readonly guide: (program: number) => Promise<void>;
  };

declare global {
  var actions: Actions;
}

globalThis.actions = {
  ...attention,
  ...training,
  ...trained,
  guide: async (program) => void (await programs[program]?.()),
};
