import js from '@eslint/js'
import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import typescript from 'typescript-eslint'

export default typescript.config(
  { ignores: ['dist', 'src/client/protocol.ts'] },
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
  { files: ['**/*.mjs', '*.config.*'], languageOptions: { globals: globals.node } },
  prettier,
)
