// Names from data files inside HTML and SVG.

/** Text that stands for itself in XML and HTML, in elements and in quoted attributes. */
export function escapeXml(text: string): string {
  // Control characters are not allowed in XML, not even escaped.
  // oxlint-disable-next-line no-control-regex
  const clean = text.replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD');
  return clean.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);
}
