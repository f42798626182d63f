// A whole comparison as users start it, with ONNX Runtime: killed, interrupted and called again it ends as one that was not; and what it refuses.
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { compare } from '@difsr/library';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, difsrProcess, freshFolder, TINY, WINDOWS, writeRecbole } from '../command.test.support.js';

let cwd = '';
beforeAll(async () => {
  cwd = await freshFolder();
  await writeRecbole(cwd);
  const { code, stdout, stderr } = await difsr([...JOB, '--out', 'whole', '--json'], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  whole = jsonLines(stdout);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** Two models, two seeds, two values to try: six runs. */
const JOB: readonly string[] = [
  ...'compare --models sasrec,dif-sr --data shop --seeds 1,2 --epochs 3 --baseline sasrec'.split(' '),
  ...'--search learningRate=1e-3,5e-3 --threads 1 --device cpu'.split(' '),
  ...TINY,
];
let whole: readonly Json[] = [];

type Json = Readonly<Record<string, unknown>>;

function jsonLines(text: string): Json[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Json); // the command's own form
}

const ofKind = (events: readonly Json[], kind: string): Json[] => events.filter((event) => event['kind'] === kind);
const ids = (events: readonly Json[], kind: string): unknown[] => ofKind(events, kind).map(({ id }) => id);

/** All files below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(cwd, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(cwd, folder).length + 1))
    .sort();
}

/** The report without what it took. */
async function aggregates(job: string): Promise<unknown> {
  const { times, ...rest } = JSON.parse(await readFile(join(cwd, job, 'report', 'report.json'), 'utf8')) as Json;
  return { ...rest, timed: Object.keys(times as Json).sort() };
}

/** Records without times. */
async function records(job: string): Promise<unknown[]> {
  const names = (await filesIn(join(job, 'report'))).filter((name) => name.startsWith('runs'));
  return Promise.all(
    names.map(async (name) => {
      const { times: _, ...record } = JSON.parse(await readFile(join(cwd, job, 'report', name), 'utf8')) as Json;
      return [name, record];
    }),
  );
}

describe('a comparison', () => {
  it('searches on validation targets, trains the seeds with the best, and reports both protocols', async () => {
    const [plan] = ofKind(whole, 'plan');
    expect(plan).toMatchObject({ runs: 6, done: 0, models: ['sasrec', 'dif-sr'] });
    expect(plan?.['ignored']).toEqual(['model.sideWidth: not an option of sasrec']);
    expect(ids(whole, 'run')).toHaveLength(6);
    expect(ofKind(whole, 'chosen')).toHaveLength(2);
    const result = whole.at(-1) as Json & { groups: { protocol: string; systems: Json[] }[] };
    expect(result.groups.map(({ protocol }) => protocol)).toEqual(['unmasked', 'masked']);
    for (const { systems } of result.groups)
      expect(systems.map(({ model, seeds }) => [model, seeds])).toEqual(
        expect.arrayContaining([
          ['sasrec', [1, 2]],
          ['dif-sr', [1, 2]],
        ]),
      );
    // The chosen value has the highest validation metric; the test part of the others was never ranked.
    const all = (await records('whole')).map((each) => (each as [string, Json])[1]);
    for (const model of ['sasrec', 'dif-sr']) {
      const trials = all.filter((record) => record['model'] === model && record['seed'] === 1);
      const best = trials.toSorted((a, b) => valueOf(b) - valueOf(a))[0];
      const chosen = ofKind(whole, 'chosen').find((event) => event['model'] === model);
      expect(chosen?.['searched']).toEqual(best?.['searched']);
      const tested = all.filter((record) => record['model'] === model && 'test' in unmasked(record));
      expect(tested.map(({ seed, searched }) => [seed, searched])).toEqual(
        [1, 2].map((seed) => [seed, best?.['searched']]),
      );
    }
  });

  it('the report is one HTML file that needs nothing else, the same as Markdown, and aggregates without a token of a user', async () => {
    const read = (name: string): Promise<string> => readFile(join(cwd, 'whole', 'report', name), 'utf8');
    const [html, markdown] = [await read('report.html'), await read('report.md')];
    expect(html).not.toMatch(/<script|<link|src=|url\(|@import/);
    expect(html).toMatch(/<polyline points="[\d., -]+"/);
    for (const text of [html, markdown]) {
      expect(text).toContain('No order of the systems is claimed: that takes 3 seeds.');
      expect(text).toContain('model.sideWidth: not an option of sasrec');
      expect(text).toContain('paired t-test');
    }
    expect(await filesIn('whole/report')).toEqual(expect.arrayContaining(['report.html', 'report.json', 'report.md']));
    for (const name of await filesIn('whole/report')) {
      const text = await read(name);
      expect(text, name).not.toContain(cwd);
      expect(text, name).not.toMatch(/user-\d/);
    }
  });

  it.skipIf(WINDOWS)(
    'killed and interrupted on the way ends as one that was not, and repeats no finished run',
    async () => {
      /** Starts it and sends a signal at the n-th epoch of the call. */
      const stopped = async (signal: NodeJS.Signals, epochs: number): Promise<readonly Json[]> => {
        let sent = false;
        const { stdout } = await difsrProcess([...JOB, '--out', 'cut', '--json'], {
          cwd,
          watch: (text, kill) => {
            if (sent || text.split('"kind":"epoch"').length <= epochs) return;
            sent = true;
            kill(signal);
          },
        });
        return jsonLines(stdout.slice(0, stdout.lastIndexOf('\n')));
      };
      const first = await stopped('SIGKILL', 4); // in the second run
      expect(ids(first, 'record')).toHaveLength(1);
      const second = await stopped('SIGINT', 4); // two are left of the second run
      expect(second.at(-1)).toMatchObject({ kind: 'interrupted' });
      expect(ofKind(second, 'plan')).toMatchObject([{ runs: 6, done: 1 }]);
      expect(ofKind(second, 'run')[0]).toMatchObject({ id: ids(first, 'run')[1], number: 2, resumed: true });
      // Nothing but the folder is said.
      const last = await difsr(['compare', '--out', 'cut', '--json', '--threads', '1', '--device', 'cpu'], { cwd });
      expect(last.code).toBe(0);
      const done = [first, second, jsonLines(last.stdout)].map((events) => trainedIn(events));
      expect(done.flat().toSorted()).toEqual(trainedIn(whole).toSorted()); // each once
      expect(await aggregates('cut')).toEqual(await aggregates('whole'));
      expect(await records('cut')).toEqual(await records('whole'));
      const runs = await filesIn('whole/runs');
      expect(await filesIn('cut/runs')).toEqual(runs);
      for (const file of runs.filter((name) => /ranks\.parquet$|model\.safetensors$/.test(name)))
        expect(
          (await readFile(join(cwd, 'cut/runs', file))).equals(await readFile(join(cwd, 'whole/runs', file))),
          file,
        ).toBe(true);
    },
  );

  it('several runs at once end as one after the other, with the same bytes', async () => {
    const { code, stdout } = await difsr([...JOB, '--jobs', '3', '--out', 'several', '--json'], { cwd });
    expect(code).toBe(0);
    const events = jsonLines(stdout);
    expect(trainedIn(events).toSorted()).toEqual(trainedIn(whole).toSorted()); // each once
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.slice(0, kinds.indexOf('record')).filter((kind) => kind === 'run')).toHaveLength(3);
    expect(await aggregates('several')).toEqual(await aggregates('whole'));
    expect(await records('several')).toEqual(await records('whole'));
    for (const file of (await filesIn('whole/runs')).filter((name) => name.endsWith('model.safetensors')))
      expect(
        (await readFile(join(cwd, 'several/runs', file))).equals(await readFile(join(cwd, 'whole/runs', file))),
        file,
      ).toBe(true);
  });

  it.skipIf(WINDOWS)('several runs at once are killed together, and all go on', async () => {
    let sent = false;
    const first = await difsrProcess([...JOB, '--jobs', '2', '--out', 'two', '--json'], {
      cwd,
      watch: (text, kill) => {
        if (sent || text.split('"kind":"epoch"').length <= 3) return;
        sent = true;
        kill('SIGINT');
      },
    });
    expect(jsonLines(first.stdout).at(-1)).toMatchObject({ kind: 'interrupted' });
    const { code, stdout } = await difsr(
      ['compare', '--out', 'two', '--jobs', '2', '--threads', '1', '--device', 'cpu'],
      { cwd },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/seed-1: epoch 3, validation NDCG@10 0\.\d+, /);
    expect(await aggregates('two')).toEqual(await aggregates('whole'));
    expect(await records('two')).toEqual(await records('whole'));
  });

  it('several runs at once end together where one of them cannot go on', async () => {
    await cp(join(cwd, 'whole'), join(cwd, 'broken'), { recursive: true });
    const seeds = (await filesIn('broken/report')).filter((name) => name.endsWith('seed-2.json'));
    const [begun = '', other = ''] = ['dif-sr', 'sasrec'].map((model) =>
      seeds.find((name) => name.includes(`/${model}/`)),
    );
    for (const name of [begun, other]) await rm(join(cwd, 'broken/report', name));
    await rm(join(cwd, 'broken', other.replace('.json', '')), { recursive: true });
    // Begun with another rate, as an older specification may have had it.
    const file = join(cwd, 'broken', begun);
    await writeFile(file, (await readFile(file, 'utf8')).replace(/"beta1": [\d.]+/, '"beta1": 0.5'));
    const [here, told] = [process.cwd(), [] as string[]];
    process.chdir(cwd); // the job's data is there
    try {
      const outcome = compare({
        out: 'broken',
        jobs: 2,
        threads: 1,
        device: 'cpu',
        onEvent: ({ kind }) => told.push(kind),
      });
      await expect(outcome).rejects.toThrow(/was trained otherwise: training\.beta1 was 0\.5, is 0\.9/);
    } finally {
      process.chdir(here);
    }
    // The other one had begun, and has ended: nothing goes on when the comparison has failed.
    expect(told.filter((kind) => kind === 'run')).toHaveLength(1);
    const count = told.length;
    await sleep(3000);
    expect(told).toHaveLength(count);
    expect(await filesIn('broken')).not.toContain('running.json');
  });

  it('called again does nothing but the report; seeds that come later are added', async () => {
    await cp(join(cwd, 'whole'), join(cwd, 'more'), { recursive: true });
    const again = jsonLines((await difsr([...JOB, '--out', 'more', '--json'], { cwd })).stdout);
    expect(ofKind(again, 'plan')).toMatchObject([{ runs: 6, done: 6, added: [] }]);
    expect(ids(again, 'run')).toEqual([]);
    const wider = await difsr([...JOB, '--seeds', '1,2,3', '--out', 'more', '--json'], { cwd });
    expect(wider.code).toBe(0);
    const events = jsonLines(wider.stdout);
    expect(ofKind(events, 'plan')).toMatchObject([{ runs: 8, done: 6, added: ['seed 3'] }]);
    expect(ids(events, 'run')).toHaveLength(2);
    const report = await readFile(join(cwd, 'more', 'report', 'report.md'), 'utf8');
    expect(report).toMatch(/^By mean NDCG@10: (sasrec > dif-sr|dif-sr > sasrec)\./m);
  });

  it('a run whose process fails is told, the others go on, and the next call tries it again', async () => {
    await writeFile(
      join(cwd, 'diverges.yaml'),
      `models: [sasrec, { name: sasrec, label: wild, settings: { training.learningRate: 1.0e+30 } }]\ndata: [shop]\nseeds: [1]\nsettings: { epochs: 1, hiddenSize: 8, innerSize: 8, layers: 1, heads: 2 }\n`,
    );
    const args = ['compare', 'diverges.yaml', '--out', 'wild', '--json', '--device', 'cpu'];
    const { code, stdout } = await difsr(args, { cwd });
    expect(code).toBe(1);
    const events = jsonLines(stdout);
    expect(ofKind(events, 'failed')).toMatchObject([
      { id: 'shop/wild/seed-1', message: expect.stringMatching(/diverged/) },
    ]);
    expect(ids(events, 'record')).toEqual(['shop/sasrec/seed-1']);
    expect(await readFile(join(cwd, 'wild/report/report.md'), 'utf8')).toContain('1 run did not come to an end');
    expect(ids(jsonLines((await difsr(args, { cwd })).stdout), 'run')).toEqual(['shop/wild/seed-1']);
  });
});

describe('is refused, with nothing trained', () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await difsr(['compare', ...args], { cwd });
    expect(code, stderr).toBe(2);
    return stderr;
  };

  it.each<[string, string[], RegExp]>([
    ['another setting', [...JOB.slice(1), '--set', 'model.layers=2'], /model\.layers was 1, is 2.*another folder/s],
    ['a model less', ['--models', 'sasrec'], /model dif-sr was compared, and is missing/],
    [
      'another search',
      ['--search', 'hiddenDropout=0.1,0.2'],
      /the search was over training\.learningRate, is over model\.hiddenDropout/,
    ],
    ['other seeds', ['--seeds', '7,8'], /seed 1 was compared, and is missing/],
  ])('%s in the folder of a job', async (_, args, message) => {
    const before = await filesIn('whole');
    expect(await refused(...args, '--out', 'whole')).toMatch(message);
    expect(await filesIn('whole')).toEqual(before);
  });

  it.each<[string, string[], RegExp]>([
    ['a model that does not exist', ['--models', 'sasrec,sasrek', '--data', 'shop'], /sasrek.*did you mean.*sasrec/s],
    ['a model twice', ['--models', 'sasrec,sasrec', '--data', 'shop'], /"sasrec" is there twice.*label/s],
    ['no data', ['--models', 'sasrec'], /there is none to compare on/],
    [
      'an option that no model has',
      ['--data', 'shop', '--search', 'learningRat=1,2'],
      /no model has an option "learningRat".*learningRate/s,
    ],
    ['a seed among the settings', ['--data', 'shop', '--set', 'training.seed=4'], /sets training\.seed itself.*seeds/s],
    ['a value that an option cannot have', ['--data', 'shop', '--search', 'learningRate=-1,2'], /learningRate/],
    ['a baseline that is not compared', ['--models', 'sasrec', '--data', 'shop', '--baseline', 'nova'], /nova/],
    ['a metric that is none', ['--data', 'shop', '--metric', 'auc'], /--metric auc: is no metric/],
    [
      'a metric that is not computed',
      ['--models', 'sasrec', '--data', 'shop', '--metric', 'ndcg@7'],
      /--metric ndcg@7.*5, 10, 20/s,
    ],
    [
      'data that is none of the paper',
      ['--paper', '--models', 'sasrec', '--data', 'shop'],
      /none of the paper's data sets/,
    ],
    [
      'a folder of something else',
      ['--models', 'sasrec', '--data', 'shop', '--out', '.'],
      /is no comparison, and not empty/,
    ],
  ])('%s', async (_, args, message) => {
    expect(await refused('--out', 'nowhere', ...args)).toMatch(message);
    await expect(readdir(join(cwd, 'nowhere'))).rejects.toThrow();
  });

  it("a Beauty that is not the paper's, with both numbers; other counts can be allowed", async () => {
    await writeRecbole(cwd, 'Beauty', 3, 40);
    const args = [
      '--paper',
      '--models',
      'sasrec',
      '--data',
      'Beauty',
      '--seeds',
      '1',
      '--epochs',
      '1',
      '--out',
      'paper',
    ];
    const message = await refused(...args);
    expect(message).toMatch(
      /40 users, the paper's Beauty has 22363.*items.*12101.*interactions.*198502.*--other-counts/s,
    );
    const allowed = await difsr(['compare', ...args, '--other-counts', '--device', 'cpu'], { cwd });
    expect(allowed.code, allowed.stderr).toBe(0);
    expect(allowed.stdout).toContain('not given, and left out: Sports, Toys, Yelp');
    expect(await readFile(join(cwd, 'paper/report/report.md'), 'utf8')).not.toContain('Published for');
  });
});

function valueOf(record: Json): number {
  return (record['watched'] as { value: number }).value;
}

function unmasked(record: Json): Json {
  return (record['protocols'] as { unmasked: Json }).unmasked;
}

/** Epochs that were finished in a call: each is once in all calls together, whenever one was stopped. */
function trainedIn(events: readonly Json[]): string[] {
  return ofKind(events, 'training').flatMap(({ id, event }) => {
    const { kind, record } = event as { kind: string; record?: { epoch: number } };
    return kind === 'epoch' ? [`${String(id)} ${record?.epoch}`] : [];
  });
}
