// Who may work in the folder of a job, and what may be in it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobFolder } from './job-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'difsr-job-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const KIND = { file: 'compare.json', noun: 'comparison' };
const SLEEPS = ['-e', 'setTimeout(() => {}, 60_000)'];

describe('the folder of a job', () => {
  it('is waited for while the process of a killed comparison ends, and not beyond', async () => {
    const job = new JobFolder(folder, KIND);
    const child = spawn(process.execPath, SLEEPS);
    await once(child, 'spawn');
    await job.running(child.pid ?? 0, 'shop/a/seed-1');
    let idle = false;
    const waiting = job.requireIdle().then(() => (idle = true));
    await sleep(300);
    expect(idle).toBe(false);
    child.kill('SIGKILL');
    await waiting;
    expect(idle).toBe(true);
  });

  it('is refused while another comparison trains there', async () => {
    const job = new JobFolder(folder, KIND);
    await job.running(process.pid, 'shop/a/seed-1'); // this one goes on
    await expect(job.requireIdle(200)).rejects.toThrow(new RegExp(`process ${process.pid} trains there`));
    await job.running(1, 'shop/b/seed-1');
    await job.idle('shop/a/seed-1');
    await expect(job.requireIdle(200)).rejects.toThrow(/process 1 trains there/);
    await job.idle('shop/b/seed-1');
    await expect(job.requireIdle(200)).resolves.toBeUndefined();
  });

  it.skipIf(process.platform !== 'linux')('is free where the process has ended and nobody asked for it', async () => {
    // A shell that starts a process, replaces itself and never waits: the process stays as a zombie.
    const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30']);
    const [pid] = (await once(child.stdout, 'data')) as [Buffer];
    await sleep(300);
    const job = new JobFolder(folder, KIND);
    await job.running(Number(pid.toString()), 'shop/a/seed-1');
    await expect(job.requireIdle(200)).resolves.toBeUndefined();
    child.kill('SIGKILL');
  });

  it('is new where it is empty or does not exist, and refused where something else is in it', async () => {
    expect(await new JobFolder(folder, KIND).job()).toBeUndefined();
    expect(await new JobFolder(join(folder, 'none'), KIND).job()).toBeUndefined();
    await writeFile(join(folder, 'thesis.tex'), '');
    await expect(new JobFolder(folder, KIND).job()).rejects.toThrow(
      /is no comparison, and not empty \(it has thesis\.tex\)/,
    );
    await writeFile(join(folder, 'compare.json'), '{"version": 9}');
    await expect(new JobFolder(folder, KIND).job()).rejects.toThrow(/not a job of this version/);
    await writeFile(join(folder, 'compare.json'), '{"vers');
    await expect(new JobFolder(folder, KIND).job()).rejects.toThrow(/not valid JSON/);
    await expect(new JobFolder(join(folder, 'thesis.tex'), KIND).job()).rejects.toThrow(/cannot be read \(ENOTDIR\)/);
  });

  it('keeps records of runs apart from run folders', async () => {
    const job = new JobFolder(folder, KIND);
    await job.writeBegun('shop/a/seed-1', {
      settings: { data: {}, model: {}, training: {}, evaluation: {} },
      fingerprint: 'f',
    });
    await mkdir(job.run('shop/a/seed-1'));
    expect(await job.record('shop/a/seed-1')).toBeUndefined();
    expect(await job.begun('shop/a/seed-1')).toMatchObject({ fingerprint: 'f' });
    expect((await readdir(join(folder, 'runs/shop/a'))).toSorted()).toEqual(['seed-1', 'seed-1.json']);
  });
});
