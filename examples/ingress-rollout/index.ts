import { Certificate, CertificateAuthority } from "pulumi-certificates";
import { IngressTls, TlsSecret } from "pulumi-certificates/kubernetes";

const namespace = "shop";

const root = new CertificateAuthority("root", { commonName: "Example Root", duration: "10y" });
const issuing = new CertificateAuthority("issuing", { commonName: "Example Issuing 1", duration: "3y", issuer: root });

// Clients speak TLS to the Ingress controller, which watches its secret and needs no restart.
new IngressTls("shop", {
  certificate: new Certificate("web", {
    issuer: issuing,
    dnsNames: ["shop.internal.example"],
    duration: "90d",
    renewBefore: "30d",
  }),
  namespace,
  className: "nginx",
  annotations: { "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" },
  rules: [
    {
      host: "shop.internal.example",
      http: {
        paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "shop", port: { number: 8443 } } } }],
      },
    },
  ],
});

// The controller speaks TLS to the pods, which read their certificate when they start: they are restarted for it.
new TlsSecret("shop-backend", {
  certificate: new Certificate("backend", {
    issuer: issuing,
    dnsNames: ["shop.shop.svc", "shop.shop.svc.cluster.local"],
    duration: "90d",
    renewBefore: "30d",
  }),
  namespace,
  includeCa: true,
  roll: [{ kind: "Deployment", name: "shop" }], // deployed by somebody else: shop.yaml
});
