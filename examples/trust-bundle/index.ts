import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CertificateAuthority } from "pulumi-certificates";
import { TrustBundle } from "pulumi-certificates/kubernetes";

const config = new pulumi.Config();

const roots = [new CertificateAuthority("root-1", { commonName: "Example Root 1", duration: "10y" })];
// The next root is trusted everywhere before anything is issued below it.
if (config.getBoolean("nextRoot"))
  roots.push(new CertificateAuthority("root-2", { commonName: "Example Root 2", duration: "10y" }));

const bundle = new TrustBundle("example-roots", {
  sources: roots,
  namespaces: config.requireObject<string[]>("namespaces"),
  owner: { team: "platform" },
});

// Pods that mount the roots see new ones by themselves; a Java virtual machine, for one, reads them when it starts.
const labels = { app: "checkout" };
new kubernetes.apps.v1.Deployment("checkout", {
  metadata: { name: "checkout", namespace: "checkout" },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels, annotations: bundle.podAnnotations },
      spec: {
        containers: [
          {
            name: "checkout",
            image: "registry.example/checkout:1.4.0",
            env: [{ name: "NODE_EXTRA_CA_CERTS", value: "/etc/roots/ca-bundle.crt" }],
            volumeMounts: [{ name: "roots", mountPath: "/etc/roots", readOnly: true }],
          },
        ],
        volumes: [{ name: "roots", configMap: { name: bundle.objectName } }],
      },
    },
  },
});

export const bundlePem = bundle.bundlePem;
