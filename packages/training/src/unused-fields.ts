// Side information that a run does not use although somebody could think that it does: each is said, with what would use it.
import { featureName, listName, ownerOf, type ModelInstance, type TrainingTask } from '@difsr/models';

/** A model that reads fields of items and of interactions. */
const READER = 'dif-sr';

/**
 * What is said of fields that training does not read: those of users, unless an option has them used, and those that `model.fields`
 * names for a model that has no place for them.
 */
export function unusedFields(model: ModelInstance, task: Pick<TrainingTask, 'constants'>): string[] {
  return [...usersLeftOut(model), ...namedInVain(model, task)];
}

function usersLeftOut({ config, schema, reads }: ModelInstance): string[] {
  const users = schema.fields.filter((field) => ownerOf(field) === 'user').map(({ name }) => name);
  if (users.length === 0 || reads.users.length > 0 || config.userFields !== 'none') return [];
  return [
    `attributes of users are not used (${users.join(', ')}): --set model.userFields=stream adds them to every input`,
  ];
}

function namedInVain(
  { name: model, config, schema, reads }: ModelInstance,
  { constants }: Pick<TrainingTask, 'constants'>,
): string[] {
  const tables = new Set(constants.map(({ name }) => name));
  const fed = new Set([...reads.events, ...reads.users].map(({ name }) => name));
  const isRead = (name: string): boolean =>
    fed.has(name) || tables.has(featureName(name)) || tables.has(listName(name, 'tables', 0));
  return schema.fields.flatMap((field): string[] => {
    const { name } = field;
    if (config.fields?.includes(name) !== true || isRead(name)) return [];
    const cures = [
      ...(ownerOf(field) === 'item' && config.itemFields === 'none'
        ? ['--set model.itemFields=sum adds it to the rows of items']
        : []),
      ...(model === READER ? [] : [`--model ${READER} reads it`]),
      'or leave it out of model.fields',
    ];
    return [`model.fields names "${name}", which ${model} does not read: ${cures.join(', ')}`];
  });
}
