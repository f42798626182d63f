// How a changeset becomes a line of a change log: its text alone. All packages have one version, so that a list of updated
// dependencies would say nothing, and hashes of commits are git's.

/** @param {{ summary: string }} changeset @returns {Promise<string>} */
const getReleaseLine = async ({ summary }) => {
  const [first = '', ...rest] = summary.trim().split('\n');
  return [`- ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
};
/** @returns {Promise<string>} */
const getDependencyReleaseLine = async () => '';

module.exports = { getReleaseLine, getDependencyReleaseLine };
