// Registers what tfjs devices lack.
export {};
