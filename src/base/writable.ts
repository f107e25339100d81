/** `T` while it is filled field by field: that costs a fraction of objects that are spread into each other. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };
