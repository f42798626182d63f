// Named configurations to start from. Only options that all models share apply to every model.

/** Training options of a preset. */
type PresetTraining = Readonly<Record<string, number | Readonly<Record<string, string>>>>;

/** A preset: what it sets for every model, for one model, and for training. */
export interface Preset {
  readonly description: string;
  /** Options that all models have. */
  readonly shared: Readonly<Record<string, number>>;
  /** Options of single models, by name. */
  readonly models: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
  readonly training: PresetTraining;
}

/** The preset that is taken where none is named. */
export const defaultPreset = 'small';

/** All presets by name. */
export const presets: ReadonlyMap<string, Preset> = new Map<string, Preset>([
  [
    'small',
    {
      description: 'd 64, 2 layers, 2 heads, sum fusion: minutes on a laptop',
      shared: {
        hiddenSize: 64,
        innerSize: 256,
        layers: 2,
        heads: 2,
        maxLength: 50,
        hiddenDropout: 0.5,
        attentionDropout: 0.3,
      },
      models: { 'dif-sr': { sideWidth: 64, fusion: 'sum', attributeLoss: 5 } },
      training: { targetsPerStep: 1024, learningRate: 2e-3, schedule: { kind: 'cosine' } },
    },
  ],
  [
    'paper',
    {
      description: "d 256, 4 layers, 8 heads, gate fusion: the published code's newer configuration",
      shared: {
        hiddenSize: 256,
        innerSize: 256,
        layers: 4,
        heads: 8,
        maxLength: 50,
        hiddenDropout: 0.5,
        attentionDropout: 0.3,
      },
      models: { 'dif-sr': { sideWidth: 64, fusion: 'gate', attributeLoss: 10 } },
      training: { targetsPerStep: 2048, learningRate: 1e-4 },
    },
  ],
]);

/** A preset as a configuration for a model. */
export function presetConfig(
  preset: Preset,
  model: string,
): { readonly model: Readonly<Record<string, number | string>>; readonly training: PresetTraining } {
  return { model: { ...preset.shared, ...preset.models[model] }, training: preset.training };
}
