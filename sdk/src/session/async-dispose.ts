// Node 18 before 18.18 has no such symbol; `await using` as compilers write it then looks for this one.
const symbols = Symbol as { asyncDispose?: symbol };
if (symbols.asyncDispose === undefined)
  Object.defineProperty(Symbol, 'asyncDispose', { value: Symbol.for('Symbol.asyncDispose') });

export {};
