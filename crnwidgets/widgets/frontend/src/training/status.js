// What is to be said about a run and its kernel.

const PATIENCE = 5000; // ms after which a missing answer is worth a word
const DUE = 1000; // ms after which the next frame of a run is late

const RESTARTED = "The kernel was restarted: run the cell again.";
const SILENT = "No answer from the kernel. If it was restarted, run the cell again.";
const BUSY = "The kernel is busy: what you press waits until its cell has finished.";
const PREPARING = "Preparing the program…";

/**
 * The text, empty when all is well, and whether it is harmless.
 *
 * `connected` is whether there still is the kernel that made the panel, `unanswered` and `quiet` for how long (ms) a
 * message has had no answer and no frame has come, `problem` what was refused or stopped the run, and `due` whether a
 * frame is to come.
 */
export function judge({ connected, unanswered, quiet, problem, due }) {
  if (!connected) return { text: RESTARTED, harmless: false };
  if (unanswered > PATIENCE) {
    // Frames come from a thread of their own, also while a cell keeps all else waiting.
    return quiet < PATIENCE / 2 ? { text: BUSY, harmless: true } : { text: SILENT, harmless: false };
  }
  if (problem) return { text: problem, harmless: false };
  return { text: due && quiet > DUE ? PREPARING : "", harmless: true };
}
