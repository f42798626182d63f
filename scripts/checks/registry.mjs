// A registry of npm packages on this machine, for the publishing test: our packages are published to it, everything else
// comes from the registry that npm is configured to use.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runServer } from 'verdaccio';
import { ROOT } from '../bootstrap.mjs';
import { run } from '../steps.mjs';

/**
 * Starts a registry on a free port of the loopback interface. It knows no other registry, and anybody may publish.
 *
 * @param {string} folder Where it keeps its files.
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function startRegistry(folder) {
  mkdirSync(folder, { recursive: true });
  const server = await runServer({
    // verdaccio wants to know of a file, for paths relative to it; it reads none.
    configPath: join(folder, 'config.yaml'),
    storage: join(folder, 'storage'),
    uplinks: {},
    packages: { '**': { access: '$all', publish: '$all' } },
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    log: { type: 'stdout', format: 'pretty', level: 'error' },
    web: { enable: false },
    max_body_size: '50mb',
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const { port } = server.address();
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Publishes every public package of the workspace, as `pnpm release` does.
 *
 * @param {string} url
 * @param {string} folder For a configuration file with a token; the registry takes any.
 * @param {{ provenance?: boolean }} [options] provenance: as the release workflow asks for it; only a public CI can state it.
 * @throws {import('../steps.mjs').StepError} when pnpm refuses
 */
export async function publishAll(url, folder, { provenance = false } = {}) {
  const config = join(folder, 'npmrc');
  writeFileSync(config, `registry=${url}\n${url.replace('http:', '')}:_authToken=anybody\n`);
  await run('pnpm', ['-r', 'publish', '--no-git-checks', '--access', 'public', '--registry', url], {
    cwd: ROOT,
    env: {
      NPM_CONFIG_USERCONFIG: config,
      PNPM_CONFIG_PROVENANCE: String(provenance),
      // Whatever CI this runs in: no identity of it is used here.
      GITHUB_ACTIONS: '',
      ACTIONS_ID_TOKEN_REQUEST_URL: '',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: '',
      GITLAB_CI: '',
    },
  });
}

/** The configured registry of third-party packages, or why it cannot be reached. @returns {Promise<{ problem?: string }>} */
export async function thirdPartyRegistry() {
  try {
    await run('npm', ['ping', '--fetch-retries=0', '--fetch-timeout=10000'], { cwd: ROOT });
    return {};
  } catch (error) {
    return { problem: `npm ping: ${error instanceof Error ? error.message : String(error)}` };
  }
}
