/**
 * How one setting is written down: its type, default, text and reason stand together, and reading, checking, the
 * reference page and the messages about wrong values all come from there.
 */
import { z } from "zod";

export interface Notes {
  /** What it does, in one or two sentences. */
  readonly text: string;
  /** Why the default is what it is. */
  readonly reason?: string;
  /** Never shown in a message. */
  readonly secret?: true;
  /** Shown as the default where the value depends on other settings or on the machine. */
  readonly computedDefault?: string;
}

/** What a setting does. */
export const notes = z.registry<Notes>();
/** What a type takes, as the end of the sentence "must be …". */
export const expectations = z.registry<{ readonly what: string }>();

/** A setting that may be left out. */
export function setting<Type extends z.ZodType>(
  type: Type,
  defaultValue: z.util.NoUndefined<z.output<Type>>,
  about: Notes,
): z.ZodDefault<Type> {
  return noted(type.default(defaultValue), about);
}

/** A setting that may be left out and whose default is worked out later. */
export function computed<Type extends z.ZodType>(type: Type, about: Notes): z.ZodOptional<Type> {
  return noted(type.optional(), about);
}

/** A setting that must be given. */
export function required<Type extends z.ZodType>(type: Type, about: Notes): Type {
  // A clone, as one type serves many settings.
  return noted(type.clone(), about);
}

/** A table, or one of an array of tables. */
export function table<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return expecting("a table", (message) =>
    z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? undefined : message) }),
  );
}

/** A table that may be left out: it then has all its defaults. */
export function section<Type extends z.ZodType>(type: Type, text: string): z.ZodPrefault<Type> {
  return noted(type.prefault({} as z.input<Type>), { text });
}

/** Builds a type whose complaint reads "must be `what`". */
export function expecting<Type extends z.ZodType>(what: string, build: (message: string) => Type): Type {
  const type = build(`must be ${what}`);
  expectations.add(type, { what });
  return type;
}

function noted<Type extends z.ZodType>(type: Type, about: Notes): Type {
  notes.add(type, about);
  return type;
}
