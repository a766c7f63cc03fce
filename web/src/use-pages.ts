import { computed, shallowRef } from 'vue'
import type { PageQuery } from 'stepcast-client'
import { useAction } from './use-action'

export interface Page<T> {
  items: T[]
  cursor?: string | undefined
}

/** A list that is loaded page by page. */
export function usePages<T>(load: (query: PageQuery) => Promise<Page<T>>) {
  const items = shallowRef<readonly T[]>()
  const cursor = shallowRef<string>()
  const { problem, isBusy, attempt } = useAction()

  const loadFirst = () =>
    attempt(async () => {
      const page = await load({})
      items.value = page.items
      cursor.value = page.cursor
    })

  const loadMore = () =>
    attempt(async () => {
      if (cursor.value === undefined) return
      const page = await load({ cursor: cursor.value })
      items.value = [...(items.value ?? []), ...page.items]
      cursor.value = page.cursor
    })

  /** Removes an item that was deleted on the server. */
  function remove(gone: T): void {
    items.value = items.value?.filter((item) => item !== gone)
  }

  void loadFirst()
  return { items, hasMore: computed(() => cursor.value !== undefined), problem, isBusy, loadFirst, loadMore, remove }
}
