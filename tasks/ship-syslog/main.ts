import { runAsProcess } from '../process.ts';
import { exitCodes, run } from './run.ts';

await runAsProcess(run, { task: 'ship-syslog' }, exitCodes.stopped);
