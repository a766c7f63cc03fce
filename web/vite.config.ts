import vue from '@vitejs/plugin-vue'
import { defaultClientConditions, defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'

/** The client is a package of this workspace. Its sources are used, so that it need not be built before. */
const CLIENT_SOURCES = 'stepcast-source'

export default defineConfig({
  // Relative, so that the same build is served at `/` by `stepcast up` and from any folder of a bucket.
  base: './',
  plugins: [vue()],
  resolve: { conditions: [CLIENT_SOURCES, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [CLIENT_SOURCES, ...defaultServerConditions] } },
  build: {
    target: 'es2022',
    // The preload helper's polyfill is dead weight for browsers that know `CompressionStream`.
    modulePreload: { polyfill: false },
    // The strict content security policy allows data: addresses only for images.
    assetsInlineLimit: 0,
  },
  server: {
    host: '127.0.0.1',
    fs: { allow: ['.', '../docs/suite.schema.json'] },
    // `npm run dev` beside a running `stepcast up`: its address, if it is not the default one.
    proxy: {
      '/ws': { target: process.env['STEPCAST_HTTP'] ?? 'http://127.0.0.1:8787', ws: true },
      '/sign-in': { target: process.env['STEPCAST_HTTP'] ?? 'http://127.0.0.1:8787' },
    },
  },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
  },
})
