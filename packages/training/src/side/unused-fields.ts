// Which side information a run uses, and what it does not use although somebody could think that it does: that is said, with what would use it.
import { joined, setting, type Text, text } from '@difsr/errors';
import { featureName, listName, ownerOf, type FieldSchema, type ModelInstance, type TrainingTask } from '@difsr/models';

/** A model that reads fields of items and of interactions. */
const READER = 'dif-sr';

/**
 * What is said of fields that training does not read: those of users, unless an option has them used, and those that `model.fields`
 * names for a model that has no place for them.
 */
export function unusedFields(model: ModelInstance, task: Pick<TrainingTask, 'constants'>): Text[] {
  return [...usersLeftOut(model), ...namedInVain(model, task)];
}

function usersLeftOut({ config, schema, reads }: ModelInstance): Text[] {
  const users = schema.fields.filter((field) => ownerOf(field) === 'user').map(({ name }) => name);
  if (users.length === 0 || reads.users.length > 0 || config.userFields !== 'none') return [];
  return [
    text`attributes of users are not used (${users.join(', ')}): ${setting('model.userFields', 'stream')} adds them to every input`,
  ];
}

function namedInVain(model: ModelInstance, task: Pick<TrainingTask, 'constants'>): Text[] {
  const { name: own, config, schema } = model;
  const read = new Set(fieldsRead(model, task));
  return schema.fields.flatMap((field): Text[] => {
    const { name } = field;
    if (config.fields?.includes(name) !== true || read.has(field)) return [];
    const cures = [
      ...(ownerOf(field) === 'item' && config.itemFields === 'none'
        ? [text`${setting('model.itemFields', 'sum')} adds it to the rows of items`]
        : []),
      ...(own === READER ? [] : [text`${setting('model.name', READER)} reads it`]),
      'or leave it out of model.fields',
    ];
    return [text`model.fields names "${name}", which ${own} does not read: ${joined(cures, ', ')}`];
  });
}

/** The fields that training reads: as inputs of events and users, or as tables of items. */
export function fieldsRead(
  { schema, reads }: ModelInstance,
  { constants }: Pick<TrainingTask, 'constants'>,
): readonly FieldSchema[] {
  const fed = new Set([...reads.events, ...reads.users].map(({ name }) => name));
  const tables = new Set(constants.map(({ name }) => name));
  return schema.fields.filter(
    ({ name }) => fed.has(name) || tables.has(featureName(name)) || tables.has(listName(name, 'tables', 0)),
  );
}
