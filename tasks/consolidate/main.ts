import { runAsProcess } from '../process.ts';
import { exitCodes } from './failure.ts';
import { run } from './run.ts';

const { ARCHIVE_ID: archiveId, VOLUME: volume } = process.env;
await runAsProcess(run, { task: 'consolidate', archiveId, volume: Number(volume) }, exitCodes.interrupted);
