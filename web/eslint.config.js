import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import typescript from 'typescript-eslint'

export default typescript.config(
  { ignores: ['dist', 'src/client/dist', 'src/client/docs', 'src/client/protocol.ts'] },
  js.configs.recommended,
  typescript.configs.strict,
  vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: typescript.parser }, globals: globals.browser },
  },
  {
    rules: {
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // Names, quotes from pages and comments were written by strangers: they are shown as text only.
      'vue/no-v-html': 'error',
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
    },
  },
  {
    files: ['src/client/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['vue', '@vue/*', '*.vue'], message: 'src/client is plain TypeScript; Vue stays outside' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/**', 'demo/**'],
    ignores: ['src/client/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^\\.{1,2}/(?:.*/)?client(?:/|$)', message: 'import the package `stepcast-client`' }] },
      ],
    },
  },
  { files: ['**/*.mjs', '*.config.*'], languageOptions: { globals: globals.node } },
  prettier,
)
