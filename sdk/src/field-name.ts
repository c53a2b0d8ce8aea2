/**
 * The name of a field on the wire: `inputSource` becomes `input-source`. A name that has a dash or an underscore, or
 * begins with a capital (`MTU`), is taken to be the archive's own, and stays.
 */
export function fieldName(name: string): string {
  if (/[-_]|^[A-Z]/.test(name)) return name;
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
