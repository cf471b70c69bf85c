import { runAsProcess } from '../process.ts';
import { exitCodes } from './failure.ts';
import { run } from './run.ts';

const { RESTORE_ID: restoreId, ARCHIVE_ID: archiveId, VOLUME: volume } = process.env;
await runAsProcess(run, { task: 'unpack', restoreId, archiveId, volume: Number(volume) }, exitCodes.interrupted);
