import type { dynamic } from "@pulumi/pulumi";

type Provider = Required<dynamic.ResourceProvider>;

/** A provider whose code is loaded when it is first used: most stacks have resources of a few types only. */
export function lazyProvider(load: () => dynamic.ResourceProvider): dynamic.ResourceProvider {
  const loaded = load as () => Provider;
  return {
    configure: (request) => loaded().configure(request),
    check: (olds, news) => loaded().check(olds, news),
    diff: (id, olds, news) => loaded().diff(id, olds, news),
    create: (inputs) => loaded().create(inputs),
    update: (id, olds, news) => loaded().update(id, olds, news),
    read: (id, props) => loaded().read(id, props),
    delete: (id, props) => loaded().delete(id, props),
  };
}
