// What an ablation takes apart: studies, each a few variants of DIF-SR or of what it is put into. Pure: what is known of the data and the
// configuration of the whole model in, systems to train out.
import { isTree, type Tree } from '../config/layers.js';

/** Studies, in the order of reports. */
export const studyNames = [
  'fusion',
  'attribute-loss',
  'side-width',
  'layers',
  'heads',
  'fields',
  'item-fields',
  'integration',
] as const;
/** The name of a study. */
export type StudyName = (typeof studyNames)[number];

/** A system of a study. */
export interface Variant {
  /** What it is called in the study's table. */
  readonly title: string;
  readonly model: string;
  /** What is set for it, by dotted names. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** A study of some variants. */
export interface Study {
  readonly name: StudyName;
  readonly title: string;
  /** What is seen in it, in a sentence. */
  readonly about: string;
  readonly variants: readonly Variant[];
}

/** What studies depend on. */
export interface Whole {
  /** Options of the whole model with all defaults. */
  readonly model: Tree;
  /** Names of the fields that it reads. */
  readonly fields: readonly string[];
}

const DIF_SR = 'dif-sr';
const FUSIONS = ['sum', 'concat', 'gate'] as const;
const ITEM_FIELDS = ['none', 'sum', 'mean', 'gate'] as const;
const LAMBDAS = [0, 1, 5, 10];
const WIDTHS = [16, 32, 64, 128, 256];
const LAYERS = [1, 2, 3, 4];
const HEADS = [1, 2, 4, 8];

const numberOf = (model: Tree, option: string): number => Number(model[option]);
/** DIF-SR with one option of another value. */
const with1 = (option: string, value: unknown, title = `${option} ${String(value)}`): Variant => ({
  title,
  model: DIF_SR,
  settings: { [`model.${option}`]: value },
});

/** What each study is: a missing one does not compile. */
const STUDIES: { readonly [S in StudyName]: (whole: Whole) => Omit<Study, 'name'> } = {
  fusion: () => ({
    title: 'Fusion function',
    about: 'how the scores of the sources become one',
    variants: FUSIONS.map((fusion) => with1('fusion', fusion, fusion)),
  }),
  'attribute-loss': ({ model }) => ({
    title: 'Attribute predictors',
    about: 'lambda, the weight of their loss; 0 leaves them out',
    variants: [...new Set([...LAMBDAS, ...numbers(model['attributeLoss'])])]
      .sort((a, b) => a - b)
      .map((lambda) => with1('attributeLoss', lambda, lambda === 0 ? 'without' : `lambda ${lambda}`)),
  }),
  'side-width': ({ model }) => ({
    title: 'Width of side embeddings',
    about: 'narrower sources cost less: see seconds an epoch and memory',
    variants: WIDTHS.filter(
      (width) => width <= numberOf(model, 'hiddenSize') && width % numberOf(model, 'heads') === 0,
    ).map((width) => with1('sideWidth', width, String(width))),
  }),
  layers: () => ({
    title: 'Layers',
    about: 'number of transformer layers',
    variants: LAYERS.map((layers) => with1('layers', layers, String(layers))),
  }),
  heads: ({ model }) => ({
    title: 'Heads',
    about: 'number of attention heads; the width of the model stays',
    variants: HEADS.filter((heads) => numberOf(model, 'hiddenSize') % heads === 0 && sidesFit(model, heads)).map(
      (heads) => with1('heads', heads, String(heads)),
    ),
  }),
  fields: ({ fields }) => ({
    title: 'Side information',
    about: 'each field left out, each alone, and none',
    variants: [
      with1('fields', fields, 'all'),
      ...(fields.length < 2
        ? []
        : [
            ...fields.map((field) =>
              with1(
                'fields',
                fields.filter((other) => other !== field),
                `without ${field}`,
              ),
            ),
            ...(fields.length < 3 ? [] : fields.map((field) => with1('fields', [field], `${field} alone`))),
          ]),
      with1('fields', [], 'none'),
    ],
  }),
  'item-fields': () => ({
    title: 'Attributes in the item table',
    about: 'an own row for every item alone, or with the rows of its values',
    variants: ITEM_FIELDS.map((form) => with1('itemFields', form, form)),
  }),
  integration: ({ model }) => {
    const lambda = model['attributeLoss'];
    const aap = { 'model.attributeLoss': lambda };
    const dif = { 'model.attention': 'dif' };
    return {
      title: 'In two models',
      about:
        'DIF attention and attribute predictors (AAP) put into SASRec, which looks back, and BERT4Rec, which looks both ways',
      variants: [
        { title: 'SASRec', model: 'sasrec', settings: {} },
        { title: 'SASRec + DIF', model: DIF_SR, settings: { 'model.attributeLoss': 0 } },
        { title: 'SASRec + AAP', model: 'sasrec', settings: aap },
        { title: 'SASRec + DIF + AAP (DIF-SR)', model: DIF_SR, settings: {} },
        { title: 'BERT4Rec', model: 'bert4rec', settings: {} },
        { title: 'BERT4Rec + DIF', model: 'bert4rec', settings: dif },
        { title: 'BERT4Rec + AAP', model: 'bert4rec', settings: aap },
        { title: 'BERT4Rec + DIF + AAP', model: 'bert4rec', settings: { ...dif, ...aap } },
      ],
    };
  },
};

/** Numbers of an option that is one for all fields, or one per field. */
function numbers(option: unknown): number[] {
  return typeof option === 'number' ? [option] : [];
}

/** Whether heads divide the width of every source. */
function sidesFit({ sideWidth }: Tree, heads: number): boolean {
  const widths = isTree(sideWidth) ? Object.values(sideWidth) : [sideWidth];
  return widths.every((width) => Number(width) % heads === 0);
}

/** Studies of a model on its data. */
export function studiesOf(names: readonly StudyName[], whole: Whole): Study[] {
  return names.map((name) => ({ name, ...STUDIES[name](whole) }));
}

/** A system to train, and which variants it is: those of the same model and settings are one. */
export interface PlannedSystem {
  readonly label: string;
  readonly model: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** What is trained for some studies, and the label of each of their variants. */
export interface Planned {
  readonly systems: readonly PlannedSystem[];
  /** `studies[i].variants[j]` is the system `labels[i][j]`. */
  readonly labels: readonly (readonly string[])[];
}

/** Label of the whole model. */
export const WHOLE_LABEL: string = DIF_SR;

/** Systems of studies, the whole model first. A variant that sets what the whole model has anyway is the whole model. */
export function planned(studies: readonly Study[], whole: Tree, defaults: ReadonlyMap<string, Tree>): Planned {
  const systems = new Map<string, PlannedSystem>();
  const labelOf = ({ model, settings }: Variant): string => {
    const own = model === DIF_SR ? whole : (defaults.get(model) ?? {});
    const changed = Object.fromEntries(
      Object.entries(settings).filter(
        ([path, value]) => JSON.stringify(own[path.replace('model.', '')]) !== JSON.stringify(value),
      ),
    );
    const label = [
      model,
      ...Object.entries(changed).map(([path, value]) => `${path.replace('model.', '')}=${shown(value)}`),
    ].join(' ');
    if (!systems.has(label)) systems.set(label, { label, model, settings: changed });
    return label;
  };
  labelOf({ title: '', model: DIF_SR, settings: {} });
  const labels = studies.map(({ variants }) => variants.map(labelOf));
  return { systems: [...systems.values()], labels };
}

function shown(value: unknown): string {
  return Array.isArray(value) ? (value.length === 0 ? 'none' : value.join('+')) : String(value);
}
