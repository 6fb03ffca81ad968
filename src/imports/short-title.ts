const mostCharacters = 120;

/** A title inside of a sentence: names at the source may be of any length. */
export function shortTitle(title: string): string {
  const characters = [...title];
  return characters.length > mostCharacters ? `${characters.slice(0, mostCharacters - 1).join('')}…` : title;
}
