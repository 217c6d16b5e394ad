import { runOperator } from '@swfx/service';
import { createProgram } from './operator/create-program';

void runOperator(createProgram(process.env), process.argv);
