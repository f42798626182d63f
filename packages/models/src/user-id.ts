// Who the user is, as a field of users like any other: its values are the users of the training data, by their tokens.
import type { CategoricalSchema } from './field-schema.js';
import type { ModelSchema } from './model.js';
import { ModelConfigError } from './model-error.js';

/** Name of the field, and of the input that holds it. */
export const USER_ID = 'user.id';

/**
 * The field of users whose value is the user's number, 0 = unknown.
 *
 * @throws ModelConfigError where the schema does not say how many users there are.
 */
export function userIdField({ users }: Pick<ModelSchema, 'users'>): CategoricalSchema {
  if (users === undefined)
    throw new ModelConfigError({
      what: 'the model reads who the user is, and the schema does not say how many users there are',
      cure: 'give it `users`, as sideSchema of @difsr/training does',
    });
  return { name: USER_ID, owner: 'user', kind: 'categorical', values: users + 1, maxValues: 1 };
}
