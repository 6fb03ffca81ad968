/** The type of a value as a value itself, as in `type(a) == int`. */
export class TypeName {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const simple = ['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint'];

/** What expressions may name besides their variables (CEL specification, types as values). */
export const typeNames: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...simple.map((name) => [name, new TypeName(name)] as const),
  [
    'google',
    {
      protobuf: {
        Timestamp: new TypeName('google.protobuf.Timestamp'),
        Duration: new TypeName('google.protobuf.Duration'),
      },
    },
  ],
]);
