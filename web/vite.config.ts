import react from '@vitejs/plugin-react'
import { loadEnv } from 'vite'
import { defineConfig } from 'vitest/config'

export default defineConfig(({ mode }) => {
  const server = loadEnv(mode, '.', 'FOLKMOOT_')['FOLKMOOT_URL'] ?? 'http://localhost:7880'
  return {
    plugins: [react()],
    server: {
      proxy: {
        '/api': server,
        '/socket.io': { target: server, ws: true },
      },
    },
    build: {
      target: 'es2022',
      sourcemap: true,
      rollupOptions: {
        output: {
          // The media and signaling libraries change less often than the application: a deploy leaves them in the browser's cache.
          manualChunks: (id) => {
            if (!id.includes('node_modules')) return undefined
            return /react|scheduler|lucide/.test(id) ? 'react' : 'media'
          },
        },
      },
    },
    test: { include: ['tests/**/*.test.ts'], environment: 'node' },
  }
})
