// Node 18 before 18.18 and some browsers have no such symbols; `using` as compilers write it then looks for these.
const symbols = Symbol as { dispose?: symbol; asyncDispose?: symbol };
for (const name of ['dispose', 'asyncDispose'] as const)
  if (symbols[name] === undefined) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });

export {};
