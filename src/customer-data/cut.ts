/** In place of what was cut. */
export const CUT = "[cut]";
