// Named configurations to start from: what a preset means for training stands here, what it means for a model with the model.
import { given } from '@difsr/errors';
import type { Preset, ModelDefinition } from '@difsr/models';

/** A preset that every model has. */
interface CommonPreset {
  readonly description: string;
  readonly training: Readonly<Record<string, unknown>>;
}

/** The preset that is taken where none is named. */
export const defaultPreset = 'small';

const common: Readonly<Record<string, CommonPreset>> = {
  small: {
    description: 'd 64, 2 layers, 2 heads, sum fusion: minutes on a laptop',
    training: { targetsPerStep: 1024, learningRate: 2e-3, schedule: { kind: 'cosine' } },
  },
  paper: {
    description: "d 256, 4 layers, 8 heads, gate fusion: the published code's newer configuration",
    training: { targetsPerStep: 2048, learningRate: 1e-4 },
  },
};

/** Names and descriptions of the presets that every model has. */
export const commonPresets: ReadonlyMap<string, { readonly description: string }> = new Map(Object.entries(common));

/** The presets of a model by name, its own among them: what they set. */
export function presetsOf(
  model: Pick<ModelDefinition, 'presets'>,
): ReadonlyMap<string, Preset & Required<Pick<Preset, 'model' | 'training'>>> {
  const own = model.presets ?? {};
  const names = new Set([...commonPresets.keys(), ...Object.keys(own)]);
  return new Map(
    [...names].map((name) => [
      name,
      {
        model: own[name]?.model ?? {},
        training: { ...common[name]?.training, ...own[name]?.training },
        ...given({ pretraining: own[name]?.pretraining }),
      },
    ]),
  );
}
