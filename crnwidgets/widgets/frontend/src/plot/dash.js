// No two species are told apart by colour alone; and five patterns to eight colours, forty differ in one or the other.
const DASHES = [[], [10, 4], [2, 3], [12, 3, 2, 3], [6, 6]];

/** The dash pattern of the species at this place: lengths of line and gap in pixels. */
export const dash = (index) => DASHES[index % DASHES.length];
