import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,services,scripts}/**/*.test.ts', 'tests/**/*.test.ts'],
    // Integration tests start real services; a loaded two-core machine needs the head room.
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
