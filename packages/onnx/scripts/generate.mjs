// Writes src/protobuf/onnx_pb.ts, the protobuf messages of ONNX files, from proto/onnx.proto, which is that of ONNX 1.23.1.
//   pnpm --filter @difsr/onnx generate          (a test says when the two do not fit together)
// The two tools come from npm when this runs: an installation of the repository does without them (together 100 MB).
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
/** @type {{ dependencies: { '@bufbuild/protobuf': string } }} */
const { dependencies } = JSON.parse(manifest);
const template = {
  version: 'v2',
  plugins: [
    { local: 'protoc-gen-es', out: 'src/protobuf', opt: ['target=ts', 'import_extension=js', 'erasable_syntax=true'] },
  ],
};
// The generated code belongs to the version of its runtime.
const tools = ['@bufbuild/buf@1.75.0', `@bufbuild/protoc-gen-es@${dependencies['@bufbuild/protobuf']}`];
const command = ['buf', 'generate', 'proto', '--template', JSON.stringify(template)];
execFileSync('pnpm', [...tools.map((tool) => `--package=${tool}`), 'dlx', ...command], { cwd: root, stdio: 'inherit' });
