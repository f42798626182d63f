// The store in memory.
import { openMemoryStore } from './memory.js';
import { testStore } from './conformance.test.support.js';

testStore('memory', { open: async () => openMemoryStore(), lasting: false });
