// Preloaded by the processes of tests: what the SDK loads to serialize closures and to list packages, which the resources
// of this package have no use for, is loaded only when it is used. It is half of the time in which a process starts.
const Module = require("node:module");

const lazy = new Set(["typescript", "@npmcli/arborist"]);
const ofTheSdk = /[\\/]@pulumi[\\/]pulumi[\\/]/;
const load = Module._load;

Module._load = function (request, parent, isMain) {
  if (!lazy.has(request) || !ofTheSdk.test(parent?.filename ?? "")) return load.call(this, request, parent, isMain);
  let loaded;
  const get = () => (loaded ??= load.call(Module, request, parent, isMain));
  return new Proxy(
    {},
    {
      // Else an `import * as` copies, and so loads, all of it.
      get: (_, name) => (name === "__esModule" ? true : get()[name]),
      has: (_, name) => name in get(),
      ownKeys: () => Reflect.ownKeys(get()),
      getOwnPropertyDescriptor: (_, name) => ({ ...Reflect.getOwnPropertyDescriptor(get(), name), configurable: true }),
    },
  );
};
