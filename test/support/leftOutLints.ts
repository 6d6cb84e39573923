/**
 * The lints that certificates of a private PKI are not held to, each with the reason. Every other lint of zlint and
 * pkilint must be clean, whatever body of rules it comes from. A lint that no longer finds anything must leave the list.
 */
export const leftOutLints: Readonly<Record<string, string>> = {
  // zlint: rules that the Baseline Requirements have for publicly trusted CAs only.
  e_sub_cert_aia_missing: "AIA is needed where clients fetch intermediates; here servers send the whole chain.",
  e_sub_cert_aia_does_not_contain_ocsp_url: "A private CA needs no OCSP responder; with ocspUrls it is there.",
  w_sub_cert_aia_does_not_contain_issuing_ca_url: "As e_sub_cert_aia_missing; with issuerUrls it is there.",
  w_sub_ca_aia_missing: "As e_sub_cert_aia_missing.",
  w_sub_ca_aia_does_not_contain_issuing_ca_url: "As e_sub_cert_aia_missing.",
  e_sub_ca_crl_distribution_points_missing: "A private CA need not publish a CRL; with crlUrls it is there.",
  e_sub_cert_certificate_policies_missing: "A private PKI has no certificate policy unless `policies` says so.",
  e_sub_cert_cert_policy_empty: "As e_sub_cert_certificate_policies_missing.",
  e_sub_ca_certificate_policies_missing: "As e_sub_cert_certificate_policies_missing.",
  n_sub_ca_eku_missing: "A private issuing CA may issue for any use.",
  n_mp_allowed_eku: "As n_sub_ca_eku_missing; a rule for Mozilla's root program.",
  n_ca_digital_signature_not_set: "A notice: the CA key signs certificates and CRLs only, no OCSP answers.",
  w_ct_sct_policy_count_unsatisfied: "Private certificates are not logged (Certificate Transparency).",
  e_signature_algorithm_not_supported: "Ed25519 is allowed in private PKI only.",
  e_algorithm_identifier_improper_encoding:
    "As e_signature_algorithm_not_supported: a list of public keys' algorithms.",
  e_ext_san_contains_reserved_ip: "Private networks are what a private PKI is for.",
  e_ext_nc_intersects_reserved_ip: "As e_ext_san_contains_reserved_ip.",
  e_ext_san_uniform_resource_identifier_present: "SPIFFE ids are URIs.",
  e_ext_san_rfc822_name_present: "Client certificates name mailboxes.",
  e_organizational_unit_name_prohibited: "OU is forbidden in public certificates only.",
  e_ca_country_name_missing: "A private CA may be named by its common name alone.",
  e_ca_organization_name_missing: "As e_ca_country_name_missing.",
  e_sub_cert_country_name_must_appear:
    "Organization validation rules; a private subject may name the organization alone.",
  e_sub_cert_locality_name_must_appear: "As e_sub_cert_country_name_must_appear.",
  e_sub_cert_province_must_appear: "As e_sub_cert_country_name_must_appear.",
  w_subject_common_name_included: "A recommendation for public certificates; old clients show the common name.",
  w_sub_cert_eku_extra_values: "Private uses are allowed next to serverAuth.",
  e_sub_cert_valid_time_longer_than_39_months: "Long lifetimes are allowed in private PKI (one case lives past 2050).",
  e_sub_cert_valid_time_longer_than_825_days: "As e_sub_cert_valid_time_longer_than_39_months.",
  e_tls_server_cert_valid_time_longer_than_398_days: "As e_sub_cert_valid_time_longer_than_39_months.",
  w_tls_server_cert_valid_time_longer_than_397_days: "As e_sub_cert_valid_time_longer_than_39_months.",
  // pkilint
  "pkix.invalid_domain_name_syntax": "Its RFC 5280 linter does not know wildcards (RFC 9525); zlint checks them.",
  "pkix.invalid_uri_syntax": "It knows web schemes only: spiffe: and urn: are valid by RFC 3986; zlint checks them.",
  "pkix.subject_key_identifier_rfc7093_method_1_identified": "Says which method of RFC 7093 was used: no fault.",
};
