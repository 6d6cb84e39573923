import * as kubernetes from "@pulumi/kubernetes";
import { Certificate, CertificateAuthority } from "pulumi-certificates";
import { GatewayTls } from "pulumi-certificates/kubernetes";

const root = new CertificateAuthority("root", { commonName: "Example Root", duration: "10y" });
const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing 1", duration: "3y", issuer: root });

const apps = new Certificate("apps", {
  issuer: issuing,
  dnsNames: ["*.apps.internal.example", "status.internal.example"],
  duration: "90d",
  renewBefore: "30d",
});

// Keys stand in a namespace of their own, which those who write Gateways need not read.
const edge = new GatewayTls("edge", {
  certificate: apps,
  namespace: "gateways",
  secretNamespace: "certificates",
  gatewayClassName: "cilium",
  listeners: [
    { name: "apps", hostname: "*.apps.internal.example", allowedRoutes: { namespaces: { from: "All" } } },
    { name: "status", hostname: "status.internal.example" },
  ],
  owner: { team: "platform" },
});

new kubernetes.apiextensions.CustomResource("search", {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "search", namespace: "search" },
  spec: {
    parentRefs: [{ name: edge.gatewayName, namespace: "gateways", sectionName: "apps" }],
    hostnames: ["search.apps.internal.example"],
    rules: [{ backendRefs: [{ name: "search", port: 8080 }] }],
  },
});
