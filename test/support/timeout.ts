// Run before each test file: gives it the time limit of its project (jest.config.js).
jest.setTimeout((globalThis as unknown as { testTimeoutMs: number }).testTimeoutMs);
