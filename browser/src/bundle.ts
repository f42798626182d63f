// The pages as a user's bundler makes them: vite's production build with no setting of ours beyond where the files are.
import { fileURLToPath } from 'node:url';
import { build, createLogger, type Plugin } from 'vite';
import { guideModules } from './guide.js';

/** A finished bundle. */
export interface Bundle {
  /** Warnings of the build. */
  readonly warnings: readonly string[];
  /** Our own modules, from `packages/` on. */
  readonly modules: readonly string[];
  /** Packages that import modules of Node's, which the bundler has put an empty object in the place of. */
  readonly importersOfNode: readonly string[];
  /** Names of emitted files. */
  readonly files: readonly string[];
}

/** Packages that a user's project has once, in its own node_modules, and of which this workspace has links. */
const INSTALLED = ['core', 'backend-cpu', 'backend-wasm', 'backend-webgpu'].map((name) => `@tensorflow/tfjs-${name}`);

/** Bundles src/page into a folder. */
export async function bundlePages(folder: string): Promise<Bundle> {
  const warnings: string[] = [];
  const importers = new Set<string>();
  const logger = createLogger('silent');
  const warn = (message: string): void => {
    // The pages import the backends by themselves as well: that what imports them when needed gains nothing is no fault.
    if (!message.includes('INEFFECTIVE_DYNAMIC_IMPORT')) warnings.push(message);
  };
  const watchNode: Plugin = {
    name: 'importers-of-node',
    buildEnd() {
      const built = [...this.getModuleIds()].filter((id) => /__vite-browser-external|^node:/.test(id));
      for (const id of built)
        for (const path of this.getModuleInfo(id)?.importers ?? []) importers.add(packageOf(path));
    },
  };
  const results = await build({
    configFile: false,
    root: fileURLToPath(new URL('./page', import.meta.url)),
    logLevel: 'warn',
    customLogger: { ...logger, warn, warnOnce: warn },
    plugins: [guideModules(), watchNode],
    resolve: { dedupe: INSTALLED },
    build: { outDir: folder, emptyOutDir: true, reportCompressedSize: false, chunkSizeWarningLimit: 5000 },
  });
  const outputs = [results].flat().flatMap((result) => ('output' in result ? result.output : []));
  return {
    warnings,
    modules: outputs
      .flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
      .filter((path) => path.includes('/packages/'))
      .map((path) => path.replace(/^.*\/packages\//, 'packages/')),
    importersOfNode: [...importers].toSorted(),
    files: outputs.map(({ fileName }) => fileName),
  };
}

/** The npm package, or the folder of ours, that a file belongs to. */
function packageOf(path: string): string {
  return /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
}
