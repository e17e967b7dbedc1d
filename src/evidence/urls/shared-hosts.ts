/**
 * Hosts that ordinary mail names without meaning anything by it: fonts, schemas, document types. That one of them stands in
 * a list says something about the list or about an address that it shares.
 */
const SHARED = new Set([
  "fonts.googleapis.com",
  "fonts.gstatic.com",
  "ajax.googleapis.com",
  "ssl.gstatic.com",
  "www.gstatic.com",
  "use.typekit.net",
  "use.fontawesome.com",
  "maxcdn.bootstrapcdn.com",
  "stackpath.bootstrapcdn.com",
  "cdnjs.cloudflare.com",
  "code.jquery.com",
  "schemas.microsoft.com",
  "schemas.openxmlformats.org",
  "schemas.xmlsoap.org",
  "schema.org",
  "www.schema.org",
  "www.w3.org",
  "w3.org",
  "purl.org",
  "xmlns.com",
  "ogp.me",
  "ns.adobe.com",
  "gmpg.org",
  "www.ietf.org",
  "openoffice.org",
]);

export function isSharedHost(host: string): boolean {
  return SHARED.has(host);
}
