// What options were given: the shape that a command's table of them has once it is read.

interface Option {
	readonly type: "string" | "boolean";
	readonly multiple?: boolean;
}

type OptionTable = Readonly<Record<string, Option>>;

/** A text or a flag for each option, a list where it may be given several times; what was not given is missing. */
export type OptionValues<T extends OptionTable> = {
	readonly [K in keyof T]?: ValueOf<T[K]> | undefined;
};

type ValueOf<O extends Option> = O extends { readonly multiple: true }
	? readonly string[]
	: O["type"] extends "boolean"
		? boolean
		: string;
