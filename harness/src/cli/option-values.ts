// What options were given: the shape that a command's table of them has once it is read.

type OptionTable = Readonly<Record<string, { readonly type: "string" | "boolean" }>>;

/** A text or a flag for each option; what was not given is missing. */
export type OptionValues<T extends OptionTable> = {
	readonly [K in keyof T]?: (T[K]["type"] extends "boolean" ? boolean : string) | undefined;
};
