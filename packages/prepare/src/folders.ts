// Folders that a preparation needs: what cannot be made is bad input, with the cure of whoever needs it.
import { DataError } from '@difsr/data';
import type { Text } from '@difsr/errors';
import * as files from '@difsr/files';

/** Makes a folder and those above it; one that is there already is no error. @throws DataError if it cannot be made */
export async function makeFolder(
  folder: string,
  cure: Text = 'name another folder, or make it yourself and check that you may write there',
): Promise<void> {
  await files.makeFolder(folder).catch((error: unknown) => {
    const { reason, code } = files.writeError(folder, error);
    throw new DataError([{ file: folder, message: `cannot be made: ${reason} (${code})`, cure }]);
  });
}
