// Public API of @difsr/data/pull: recipes of public data sets and their download.
export {};
