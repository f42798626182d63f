// Explanations as users ask for them.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { difsr, trainedShop } from '../command.test.support.js';

const RUN = 'runs/shop-dif-sr-1';
let cwd = '';

beforeAll(async () => {
  cwd = await trainedShop(RUN);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe('explain', () => {
  it('shows the best item, each event and each field with its difference', async () => {
    const { code, stdout, stderr } = await difsr(['explain', RUN, '--history', 'item-3 item-7 itm-9'], { cwd });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('itm-9') });
    const [best] = (await difsr(['recommend', RUN, '--history', 'item-3 item-7', '-k', '1', '--json'], { cwd })).stdout
      .match(/item-\d+(?=","name)/g)
      ?.slice(-1) ?? [''];
    expect(stdout).toMatch(new RegExp(`^${best} .* score -?\\d+\\.\\d{3}; less the score$`, 'm'));
    expect(stdout).toMatch(/^ {2}item-3 +\S.* [+-]\d+\.\d{3}$/m);
    expect(stdout).toMatch(/^ {2}categories +of the items +[+-]\d+\.\d{3}$/m);
    expect(stdout).toMatch(/^ {2}brand +of the items +[+-]\d+\.\d{3}$/m);
  });

  it('--json is one object, of the item that was asked for', async () => {
    const { stdout } = await difsr(['explain', RUN, '--history', 'item-3 item-7', '--item', 'item-9', '--json'], {
      cwd,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'dif-sr',
      item: { id: 'item-9', score: expect.any(Number) },
      events: [
        { id: 'item-3', place: 0, difference: expect.any(Number) },
        { id: 'item-7', place: 1, score: expect.any(Number) },
      ],
      unseen: 0,
    });
  });

  it('refuses an item that the run does not know', async () => {
    const { code, stderr } = await difsr(['explain', RUN, '--history', 'item-3', '--item', 'nothing'], { cwd });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/does not know the item "nothing"/);
  });
});
