/** Injects the archive's `StorageEngine`, which is an interface and so has no token of its own. */
export const STORAGE_ENGINE = Symbol('StorageEngine');
