/** Settings are `snake_case` in the file and `camelCase` in the program: one rule, for types and for values. */
type CamelWord<Word> = Word extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelWord<Tail>>}` : Word;

export type CamelCased<Value> = Value extends string
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly CamelCased<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value as CamelWord<Key>]: CamelCased<Value[Key]> }
      : Value;

export function camelCased<Value>(value: Value): CamelCased<Value> {
  if (Array.isArray(value)) return value.map((item) => camelCased(item)) as CamelCased<Value>;
  if (typeof value !== "object" || value === null) return value as CamelCased<Value>;
  const entries = Object.entries(value).map(([key, inner]) => [camelWord(key), camelCased(inner)]);
  return Object.fromEntries(entries) as CamelCased<Value>;
}

function camelWord(word: string): string {
  return word.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
