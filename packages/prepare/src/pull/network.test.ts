// Downloads over networks as they are: redirects, proxies, no way out, and servers that refuse.
import { readFile, rm } from 'node:fs/promises';
import { request as forward } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { serve, startServer } from './server.test.support.js';
import { server, target, serveShop, LOG, shop, pulled, failure } from './shop.test.support.js';

serveShop();

describe('pullDataset', () => {
  it('follows redirects, but not for ever', async () => {
    server.answers.set('/log.csv.gz', (_, response) => void response.writeHead(302, { location: '/moved/here' }).end());
    server.answers.set(
      '/moved/here',
      (_, response) => void response.writeHead(307, { location: `${server.origin}/at-last` }).end(),
    );
    server.answers.set('/at-last', serve(LOG));
    await pulled();
    expect((await readFile(target)).equals(LOG)).toBe(true);
    await rm(target);
    server.answers.set('/at-last', (_, response) => void response.writeHead(302, { location: '/at-last' }).end());
    expect(await failure('network')).toContain('without end');
    for (let step = 1; step < 9; step++) {
      const location = `/step-${step + 1}`;
      server.answers.set(`/step-${step}`, (_, response) => void response.writeHead(302, { location }).end());
    }
    server.answers.set('/at-last', (_, response) => void response.writeHead(302, { location: '/step-1' }).end());
    expect(await failure('http')).toContain('answers 302');
  });

  it('goes through the proxy that the environment names, plain http as a plain request', async () => {
    server.answers.set('/log.csv.gz', serve(LOG));
    const proxy = await startServer();
    try {
      proxy.answers.set('http://shop.invalid/log.csv.gz', (incoming, response) => {
        forward(`${server.origin}/log.csv.gz`, { headers: incoming.headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }).end();
      });
      vi.stubEnv('http_proxy', proxy.origin);
      await pulled(shop({}, {}, 'http://shop.invalid/log.csv.gz'));
      expect((await readFile(target)).equals(LOG)).toBe(true);
      expect(proxy.asked).toHaveLength(1);
      // What NO_PROXY names goes straight.
      vi.stubEnv('no_proxy', '127.0.0.1');
      await rm(target);
      await pulled();
      expect([proxy.asked.length, server.asked.length]).toEqual([1, 2]);
    } finally {
      await proxy.close();
    }
  });

  it('asks a proxy for a tunnel to https, and says where it refuses', async () => {
    const proxy = await startServer();
    try {
      let asked = '';
      proxy.server.on('connect', (request, socket) => {
        asked = request.url ?? '';
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      });
      vi.stubEnv('https_proxy', proxy.origin);
      const message = await failure('network', shop({}, {}, 'https://shop.invalid/log.csv.gz'), { retries: 0 });
      expect(asked).toMatch(/^shop\.invalid(:443)?$/);
      expect(message).toContain('the proxy refuses');
      expect(message).toContain('403');
    } finally {
      await proxy.close();
    }
  });

  it('says politely that there is no network, and what to do by hand', async () => {
    const manual = '1. Ask a friend.\n2. Wait.';
    const message = await failure('network', shop({}, { manual }, 'http://files.shop.invalid/log.csv.gz'));
    expect(message).toContain('files.shop.invalid cannot be reached, its address cannot be looked up');
    expect(message).toContain('HTTPS_PROXY');
    expect(message).toContain(`download http://files.shop.invalid/log.csv.gz elsewhere, put it to ${target}`);
    expect(message).toContain('  1. Ask a friend.\n  2. Wait.');
    await server.close();
    expect(await failure('network')).toContain('it refuses the connection');
  });

  it.each([
    [401, 'forbidden', 'wants a login'],
    [403, 'forbidden', 'in a browser'],
    [407, 'forbidden', 'HTTPS_PROXY=http://user:password@host:port'],
    [404, 'not-found', 'no such file any more'],
    [410, 'not-found', 'no such file any more'],
    [418, 'http', 'answers 418'],
  ] as const)('says what %i means', async (status, problem, words) => {
    server.answers.set('/log.csv.gz', (_, response) => void response.writeHead(status).end('<html>'));
    expect(await failure(problem)).toContain(words);
    expect(server.asked).toHaveLength(1);
  });
});
