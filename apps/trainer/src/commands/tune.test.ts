// A whole tuning as users start it, with ONNX Runtime: killed, interrupted, at once and extended it ends as one that was not; what it chooses, and what it refuses.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, difsrProcess, freshFolder, TINY_MODEL, WINDOWS, writeRecbole } from '../command.test.support.js';

let cwd = '';
let whole: readonly Json[] = [];
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  const { code, stdout, stderr } = await difsr([...JOB, '--out', 'whole', '--json'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  whole = jsonLines(stdout);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const COMPUTES = ['--threads', '1', '--device', 'cpu'];
const MODEL = ['--model', 'sasrec', '--data', 'shop', ...TINY_MODEL, ...COMPUTES];
/** Six configurations, of which four are tried: to epoch 1, two to 2, one to 4, and that with another seed. */
const JOB: readonly string[] = [
  ...'tune --space learningRate=1e-3,5e-3,2e-2 --space hiddenDropout=0.1,0.5'.split(' '),
  ...'--trials 4 --epochs 1,2,4 --seeds 2'.split(' '),
  ...MODEL,
];

type Json = Readonly<Record<string, unknown>>;
interface Trial extends Json {
  readonly number: number;
  readonly id: string;
  readonly outcome: string;
  readonly rung: number;
  readonly value: number;
  readonly values: Json;
  readonly curve: readonly { readonly epoch: number; readonly valid: number }[];
}
interface Report extends Json {
  readonly trials: readonly Trial[];
  readonly rungs: readonly { readonly epochs: number; readonly entered: number[]; readonly kept: number[] }[];
  readonly finalists: readonly { readonly trial: number; readonly seeds: readonly Json[] }[];
  readonly best: { readonly trial: number };
}

function jsonLines(text: string): Json[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json); // the command's own form
}

const ofKind = (events: readonly Json[], kind: string): Json[] => events.filter((event) => event['kind'] === kind);
const read = (...path: string[]): Promise<string> => readFile(join(cwd, ...path), 'utf8');

/** Epochs that were finished in a call: each is once in all calls together, whenever one was stopped. */
function trainedIn(events: readonly Json[]): string[] {
  return ofKind(events, 'training').flatMap(({ id, event }) => {
    const { kind, record } = event as { kind: string; record?: { epoch: number } };
    return kind === 'epoch' ? [`${String(id)} ${record?.epoch}`] : [];
  });
}

/** All files below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(cwd, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(cwd, folder).length + 1))
    .sort();
}

/** The report without what it took. */
async function results(job: string): Promise<Report> {
  const { times: _, ...rest } = JSON.parse(await read(job, 'report', 'tuning.json')) as Json;
  return rest as Report; // the command's own form
}

/** Records without times, of the runs of the whole job or of some. */
async function records(job: string, only?: readonly string[]): Promise<unknown[]> {
  const names = only ?? (await filesIn(join(job, 'report'))).filter((name) => name.startsWith('runs'));
  return Promise.all(
    names.map(async (name) => {
      const { times: _, ...record } = JSON.parse(await read(job, 'report', name)) as Json;
      return [name, record];
    }),
  );
}

async function sameModels(job: string): Promise<void> {
  for (const file of (await filesIn('whole/runs')).filter((name) => name.endsWith('model.safetensors')))
    expect(
      (await readFile(join(cwd, job, 'runs', file))).equals(await readFile(join(cwd, 'whole/runs', file))),
      file,
    ).toBe(true);
}

describe('a tuning', () => {
  it('trains all to the first rung, the better half to the next, and trains no epoch twice', async () => {
    const [plan] = ofKind(whole, 'plan');
    expect(plan).toMatchObject({
      trials: 4,
      size: 6,
      done: 0,
      metric: 'ndcg@10',
      rungs: [
        { epochs: 1, trials: 4 },
        { epochs: 2, trials: 2 },
        { epochs: 4, trials: 1 },
      ],
    });
    const { trials, rungs, best, finalists } = await results('whole');
    expect(rungs.map(({ entered, kept }) => [entered.length, kept.length])).toEqual([
      [4, 2],
      [2, 1],
      [1, 1],
    ]);
    const trained = trainedIn(whole);
    expect(new Set(trained).size).toBe(trained.length);
    expect(trained).toHaveLength(4 + 2 + 2 + 4);
    // Who goes on has at least the value of who does not, after the epochs of the rung.
    const after = (number: number, epochs: number): number =>
      Math.max(
        ...trials
          .find((trial) => trial.number === number)!
          .curve.filter(({ epoch }) => epoch <= epochs)
          .map(({ valid }) => valid),
      );
    for (const { epochs, entered, kept } of rungs)
      for (const out of entered.filter((number) => !kept.includes(number)))
        for (const one of kept) expect(after(one, epochs)).toBeGreaterThanOrEqual(after(out, epochs));
    expect(rungs.at(-1)?.kept).toEqual([best.trial]);
    expect(trials[0]).toMatchObject({ number: best.trial, outcome: 'kept', epochs: 4 });
    expect(finalists).toMatchObject([{ trial: best.trial, seeds: [{ seed: 1 }, { seed: 2 }] }]);
    expect(whole.at(-1)).toMatchObject({ kind: 'result', reason: 'finished', best: { trial: best.trial } });
  });

  it('never ranks test targets', async () => {
    for (const name of (await filesIn('whole')).filter((each) => each.endsWith('.json')))
      expect(await read('whole', name), name).not.toContain('"test": {');
    expect((await filesIn('whole')).some((name) => name.endsWith('metrics.json'))).toBe(true);
  });

  it('writes the configuration that it chose: trained with it, a run has the bytes of the trial', async () => {
    const { best, trials } = await results('whole');
    const trial = trials.find(({ number }) => number === best.trial);
    const args = ['train', '--config', 'whole/best.yaml', '--out', 'again', ...COMPUTES];
    const { code, stderr } = await difsr(args, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const folder = join(cwd, 'whole/runs', ...(trial?.id ?? '').split('/'));
    expect(
      (await readFile(join(cwd, 'again/model.safetensors'))).equals(await readFile(join(folder, 'model.safetensors'))),
    ).toBe(true);
    expect(await read('again/metrics.json')).toContain('"test": {'); // this one may see them
  });

  it('the report says what its figures are worth, is one HTML file that needs nothing else, and names no user', async () => {
    const [html, markdown] = [await read('whole/report/tuning.html'), await read('whole/report/tuning.md')];
    expect(html).not.toMatch(/<script|<link|src=|url\(|@import/);
    expect(html).toMatch(/<polyline points="[\d., -]+"/);
    for (const text of [html, markdown]) {
      expect(text).toContain('optimistic');
      expect(text).toContain('Test targets were not ranked');
      expect(text).toContain('out after 1');
    }
    for (const name of await filesIn('whole/report')) {
      const text = await read('whole/report', name);
      expect(text, name).not.toContain(cwd);
      expect(text, name).not.toMatch(/user-\d/);
    }
  });

  it('called again does nothing but the report', async () => {
    const before = await records('whole');
    const { code, stdout } = await difsr(['tune', '--out', 'whole', '--json', ...COMPUTES], { cwd });
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(ofKind(events, 'plan')).toMatchObject([{ done: 4, added: [] }]);
    expect(ofKind(events, 'run')).toEqual([]);
    expect(await records('whole')).toEqual(before);
  });

  it.skipIf(WINDOWS)(
    'killed and interrupted on the way ends as one that was not, and trains no epoch of a rung twice',
    async () => {
      const stops: ['SIGKILL' | 'SIGINT', number][] = [
        ['SIGKILL', 2], // in the first rung
        ['SIGINT', 3], // in a later one
      ];
      const trained: string[] = [];
      for (const [signal, epochs] of stops) {
        let sent = false;
        const { stdout } = await difsrProcess([...JOB, '--out', 'killed', '--json'], {
          cwd,
          watch: (text, kill) => {
            if (sent || text.split('"kind":"epoch"').length <= epochs) return;
            sent = true;
            kill(signal);
          },
        });
        const lines = stdout.slice(0, stdout.lastIndexOf('\n'));
        if (signal === 'SIGINT') expect(jsonLines(lines).at(-1)).toMatchObject({ kind: 'interrupted', out: 'killed' });
        trained.push(...trainedIn(jsonLines(lines)));
      }
      const { code, stdout } = await difsr([...JOB, '--out', 'killed', '--json'], { cwd });
      expect(code).toBe(0);
      trained.push(...trainedIn(jsonLines(stdout)));
      // A killed call may have trained an epoch that it did not come to tell or to save.
      expect(new Set(trained).size).toBeGreaterThanOrEqual(trainedIn(whole).length - 1);
      expect(trained.length).toBeLessThanOrEqual(trainedIn(whole).length + 1);
      expect(await results('killed')).toEqual(await results('whole'));
      expect(await records('killed')).toEqual(await records('whole'));
      await sameModels('killed');
    },
  );

  it('several runs at once, and trials that are added later, decide the same with the same bytes', async () => {
    const fewer = JOB.map((word, at) => (JOB[at - 1] === '--trials' ? '2' : JOB[at - 1] === '--seeds' ? '1' : word));
    const first = await difsr([...fewer, '--jobs', '2', '--out', 'grown', '--json'], { cwd });
    expect(first.code).toBe(0);
    const more = ['tune', '--out', 'grown', '--trials', '4', '--seeds', '2', '--jobs', '2', '--json', ...COMPUTES];
    const { code, stdout } = await difsr(more, { cwd });
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(ofKind(events, 'plan')).toMatchObject([
      { done: 2, added: ['4 trials instead of 2', '2 seeds instead of 1'] },
    ]);
    const trained = [...trainedIn(jsonLines(first.stdout)), ...trainedIn(events)];
    expect(new Set(trained).size).toBe(trained.length);
    expect(await results('grown')).toEqual(await results('whole'));
    const { trials } = await results('whole');
    const chosen = trials.filter(({ outcome }) => outcome === 'kept').map(({ id }) => `runs/${id}.json`);
    expect(await records('grown', chosen)).toEqual(await records('whole', chosen));
  });

  it('a trial that diverges is told and out, the others go on, and it is not tried again', async () => {
    const job = ['tune', '--space', 'learningRate=1e-3,5e-3,1e30', '--epochs', '1,2', '--out', 'wild', ...MODEL];
    const { code, stdout, stderr } = await difsr(job, { cwd });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/failed: trial \d: the loss is .* diverged/);
    expect(stdout).toMatch(/after 1 epoch, 2 of 3 go on/);
    expect(stdout).toMatch(/learningRate=1e\+30 +- +0 +.* failed/);
    const report = await read('wild/report/tuning.md');
    expect(report).toContain('1 of them failed and are out');
    const again = await difsr(['tune', '--out', 'wild', '--json', ...COMPUTES], { cwd });
    expect(again.code).toBe(0);
    expect(ofKind(jsonLines(again.stdout), 'run')).toEqual([]);
  });

  it('is described by a file as well; a small space is tried as a whole, and a run that stops early is not trained on', async () => {
    await writeFile(
      join(cwd, 'tune.yaml'),
      `model: { name: sasrec, settings: { hiddenSize: 8, innerSize: 8, layers: 1, heads: 2, maxLength: 8 } }
data: shop
space: { training.learningRate: [0.5], model.hiddenDropout: 0.2 }
epochs: [1, 8]
settings: { training: { earlyStopping: { patience: 1 } } }
`,
    );
    const { code, stdout } = await difsr(['tune', 'tune.yaml', '--out', 'file', '--json', ...COMPUTES], { cwd });
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(ofKind(events, 'plan')).toMatchObject([{ trials: 1, size: 1 }]);
    expect(ofKind(events, 'record').at(-1)).toMatchObject({ reason: 'early-stopping' });
    expect(trainedIn(events).length).toBeLessThan(8);
  });
});

describe('is refused, with nothing trained', () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await difsr(['tune', ...args], { cwd });
    expect(code, stderr).toBe(2);
    return stderr;
  };

  it.each<[string, string[], RegExp]>([
    ['fewer trials', ['--trials', '2'], /it was of 4 trials, is of 2.*another folder/s],
    ['other rungs', ['--epochs', '1,2,8'], /rungs was \[1,2,4\], is \[1,2,8\]/],
    ['another space', ['--space', 'hiddenDropout=0.1'], /model\.hiddenDropout\.values was \[0\.1,0\.5\], is \[0\.1\]/],
    ['another setting', [...JOB.slice(1), '--set', 'model.layers=2'], /model\.layers was 1, is 2/],
  ])('%s in the folder of a job', async (_, args, message) => {
    const before = await filesIn('whole');
    expect(await refused(...args, '--out', 'whole')).toMatch(message);
    expect(await filesIn('whole')).toEqual(before);
  });

  const space = ['--space', 'learningRate=1e-3,5e-3'];
  it.each<[string, string[], RegExp]>([
    ['no data', space, /there is none to tune on.*--data/s],
    ['no space', ['--data', 'shop'], /nothing is searched.*--space learningRate=/s],
    [
      'an option that does not exist',
      ['--data', 'shop', '--space', 'learningRat=1,2'],
      /no model has an option "learningRat".*learningRate/s,
    ],
    [
      'a value that an option cannot have',
      ['--data', 'shop', '--space', 'learningRate=-1,2'],
      /--space, training\.learningRate.*-1 is not/s,
    ],
    [
      'an end that an option cannot have',
      ['--data', 'shop', '--space', 'hiddenDropout=0.5..1.5'],
      /hiddenDropout.*1\.5 is not/s,
    ],
    [
      'a word of a list of few',
      ['--data', 'shop', '--space', 'itemFields=none,sun'],
      /"sun" is not.*did you mean.*sum/s,
    ],
    ['a range that is none', ['--data', 'shop', '--space', 'hiddenDropout=0.5..0.1'], /is no range/],
    [
      'values that do not go together',
      ['--data', 'shop', '--space', 'hiddenSize=64,30', '--set', 'heads=4'],
      /trial \d \(hiddenSize=30\).*heads/s,
    ],
    [
      'epochs in the space',
      ['--data', 'shop', '--space', 'epochs=1,2'],
      /a tuning sets training\.epochs itself.*--epochs/s,
    ],
    ['other targets', ['--data', 'shop', '--space', 'evaluation.maskSeen=true,false'], /different targets/],
    ['what is not trained', ['--data', 'shop', '--model', 'popular', ...space], /popular is counted/],
    [
      'a seed among the settings',
      ['--data', 'shop', ...space, '--set', 'training.seed=4'],
      /sets training\.seed itself.*--seed/s,
    ],
    ['rungs that do not rise', ['--data', 'shop', ...space, '--epochs', '4,2'], /do not rise/],
    [
      'a first rung beyond the end',
      ['--data', 'shop', ...space, '--epochs', '4', '--first', '8'],
      /more than the whole training/,
    ],
    ['a factor of one', ['--data', 'shop', ...space, '--factor', '1'], /factor is a whole number from 2 on/],
    [
      'a metric that is not computed',
      ['--data', 'shop', ...space, '--metric', 'ndcg@7'],
      /--metric ndcg@7.*5, 10, 20/s,
    ],
    ['a metric that is none', ['--data', 'shop', ...space, '--metric', 'loss'], /--metric loss: is no metric/],
    ['a folder of something else', ['--data', 'shop', ...space, '--out', '.'], /is no tuning, and not empty/],
  ])('%s', async (_, args, message) => {
    expect(await refused('--out', 'nowhere', ...args)).toMatch(message);
    await expect(readdir(join(cwd, 'nowhere'))).rejects.toThrow();
  });

  it('the folder of a comparison', async () => {
    await cp(join(cwd, 'whole'), join(cwd, 'other'), { recursive: true });
    const { code, stderr } = await difsr(['compare', '--data', 'shop', '--out', 'other'], { cwd });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/is no comparison, and not empty/),
    });
  });
});
