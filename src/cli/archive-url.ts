import { archiveUrlOf } from '../config/config.js';

/** The URL of the archive that a command talks to: as its option says, else MARIGRAM_URL, else the server of this machine. */
export function archiveUrl(env: NodeJS.ProcessEnv, option: string | undefined): string {
  return option ?? (env.MARIGRAM_URL || archiveUrlOf(env));
}
